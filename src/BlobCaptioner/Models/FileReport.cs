namespace BlobCaptioner.Models;

/// <summary>A file of the catalogue and what lies in the directory.</summary>
public sealed record FileReport
{
    /// <summary>Which file.</summary>
    public required CatalogFile File { get; init; }

    /// <summary>What lies there.</summary>
    public required FileState State { get; init; }

    /// <summary>Bytes that are there, of a part those that were received.</summary>
    public required long PresentBytes { get; init; }

    /// <summary>SHA-256 of what lies there, lower-case hex; null where it was not looked at.</summary>
    public string? ActualSha256 { get; init; }

    /// <summary>What is wrong and the way out; null where nothing is.</summary>
    public string? Problem { get; init; }
}
