namespace BlobCaptioner.Queueing;

/// <summary>The queue message: which image to describe, never its pixels. Base64 JSON, well below the queue's 64 KiB.</summary>
public sealed record CaptionJob
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name: up to 1,024 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The image's ETag when it was prepared; another one means that a newer job exists.</summary>
    public required string ETag { get; init; }

    /// <summary>SHA-256 of the image's bytes, lower-case hex.</summary>
    public required string ContentHash { get; init; }

    /// <summary>The prepared image's name in the <c>prepared</c> container.</summary>
    public required string PreparedBlob { get; init; }

    /// <summary>The profile's name.</summary>
    public required string Profile { get; init; }

    /// <summary>When the job was enqueued.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }
}
