namespace BlobCaptioner.Images;

/// <summary>What the model sees: an upright, opaque sRGB JPEG inside the profile's pixel budget.</summary>
public sealed record PreparedImage
{
    /// <summary>The JPEG file's bytes.</summary>
    public required ReadOnlyMemory<byte> Jpeg { get; init; }

    /// <summary>Name for messages: the image blob's name or a file path.</summary>
    public required string Name { get; init; }
}
