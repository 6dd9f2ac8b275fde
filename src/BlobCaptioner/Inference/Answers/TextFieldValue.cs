namespace BlobCaptioner.Inference.Answers;

/// <summary>How a free-text value ended.</summary>
internal sealed record TextFieldValue
{
    /// <summary>The value, decoded and inside its limit.</summary>
    public required string Text { get; init; }

    /// <summary>True where the model would have gone on.</summary>
    public required bool IsCut { get; init; }

    /// <summary>True where the model repeated itself.</summary>
    public required bool IsLoop { get; init; }

    /// <summary>The value's cached tokens that may stay in the cache.</summary>
    public required int KeptTokens { get; init; }

    /// <summary>What of the value, as written in JSON, the kept tokens lack; it goes before the next literal.</summary>
    public required string Rest { get; init; }
}
