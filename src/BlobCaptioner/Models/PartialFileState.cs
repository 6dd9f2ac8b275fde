namespace BlobCaptioner.Models;

/// <summary>What is kept on disk beside a part of a file, so that the next pull goes on with it.</summary>
internal sealed record PartialFileState
{
    /// <summary>Length of the whole file.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the whole file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where the bytes came from: scheme, host and path, no query, which may hold a key.</summary>
    public string? Address { get; init; }

    /// <summary>The ETag or date that the source gave; another one means another version.</summary>
    public string? Validator { get; init; }

    /// <summary>Pairs of first byte and byte after the last.</summary>
    public required IReadOnlyList<long[]> Done { get; init; }
}
