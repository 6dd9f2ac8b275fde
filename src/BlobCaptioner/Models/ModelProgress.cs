namespace BlobCaptioner.Models;

/// <summary>How far a file is.</summary>
public sealed record ModelProgress
{
    /// <summary>Which file.</summary>
    public required string File { get; init; }

    /// <summary>Its length.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes that lie on the disk.</summary>
    public required long PresentBytes { get; init; }

    /// <summary>Bytes of these that have gone into the SHA-256, which follows the download. The file is done when it equals <see cref="TotalBytes"/>.</summary>
    public required long CheckedBytes { get; init; }

    /// <summary>What else a person should know (it waits, tries again, starts over); null for mere progress.</summary>
    public string? Notice { get; init; }
}
