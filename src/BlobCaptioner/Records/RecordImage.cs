namespace BlobCaptioner.Records;

/// <summary>Which image, in which version, a record speaks of.</summary>
public sealed record RecordImage
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image's ETag, without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>SHA-256 of the image's bytes, lower-case hex; null where it was too large to be read.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The format by content (<c>jpeg</c>, <c>png</c>...); null where it is no image.</summary>
    public string? Format { get; init; }

    /// <summary>Pixels across, upright; null where unknown.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels down, upright; null where unknown.</summary>
    public int? Height { get; init; }
}
