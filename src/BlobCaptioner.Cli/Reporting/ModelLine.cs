namespace BlobCaptioner.Cli.Reporting;

/// <summary>A JSON line of <c>captioner model pull</c> and <c>verify</c>.</summary>
internal sealed record ModelLine
{
    /// <summary><c>progress</c>, <c>notice</c> or <c>done</c>.</summary>
    public required string Event { get; init; }

    /// <summary>Which file.</summary>
    public string? File { get; init; }

    /// <summary>Its length.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes on the disk.</summary>
    public long? PresentBytes { get; init; }

    /// <summary>Bytes in the hash.</summary>
    public long? CheckedBytes { get; init; }

    /// <summary>Bytes a second over the last ten seconds.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Seconds left at that rate.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>What else happens.</summary>
    public string? Notice { get; init; }

    /// <summary>At the end: full path of the language model.</summary>
    public string? Model { get; init; }

    /// <summary>At the end: full path of its vision part.</summary>
    public string? Mmproj { get; init; }
}
