namespace BlobCaptioner.Records;

/// <summary>Texts by language, then by field, as records and reviews hold them.</summary>
internal static class RecordCopy
{
    /// <summary>Copy with other texts in place of some of it, or beside it; neither is changed.</summary>
    /// <param name="copy">What is there.</param>
    /// <param name="over">What goes over it.</param>
    public static Dictionary<string, IReadOnlyDictionary<string, CopyValue>> Merge(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> copy, IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> over)
    {
        var merged = new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(copy, StringComparer.Ordinal);
        foreach (var (language, fields) in over)
        {
            var texts = copy.TryGetValue(language, out var written)
                ? new Dictionary<string, CopyValue>(written, StringComparer.Ordinal)
                : new Dictionary<string, CopyValue>(StringComparer.Ordinal);
            foreach (var (field, text) in fields)
            {
                texts[field] = text;
            }

            merged[language] = texts;
        }

        return merged;
    }
}
