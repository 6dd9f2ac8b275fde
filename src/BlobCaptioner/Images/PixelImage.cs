namespace BlobCaptioner.Images;

/// <summary>Pixels for the vision tower: 8 bits a channel, sRGB, no padding between rows.</summary>
public sealed class PixelImage
{
    /// <summary>Pixels across, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>R, G, B, R, G, B...; <c>Width * Height * 3</c> bytes.</summary>
    public required ReadOnlyMemory<byte> Rgb { get; init; }
}
