namespace BlobCaptioner.Records;

/// <summary>Words of a person that stand in place of the model's, by the same keys as in the record.</summary>
public sealed record RecordEdits
{
    /// <summary>By language, then by field.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal);

    /// <summary>By attribute.</summary>
    public IReadOnlyDictionary<string, CopyValue> Attributes { get; init; } = new Dictionary<string, CopyValue>(StringComparer.Ordinal);
}
