using NetVips;

namespace BlobCaptioner.Images;

/// <summary>The image that the model sees: an upright, opaque sRGB JPEG within the profile's token budget.</summary>
public sealed record PreparedImage
{
    /// <summary>The JPEG file's bytes.</summary>
    public required ReadOnlyMemory<byte> Jpeg { get; init; }

    /// <summary>Name for messages: the image blob's name or a file path.</summary>
    public required string Name { get; init; }
}

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

/// <summary>Decodes prepared images for the vision tower: the pipeline, training, benchmarks and tests all see the same pixels.</summary>
public static class PreparedJpeg
{
    /// <summary>Decodes the JPEG at its own size; nothing is rotated or scaled.</summary>
    /// <exception cref="InvalidDataException">The file is not a whole JPEG of three bands of 8 bits.</exception>
    public static PixelImage Decode(PreparedImage image)
    {
        VipsSettings.Apply();
        if (FormatSniffer.Sniff(image.Jpeg.Span) != SourceFormat.Jpeg)
        {
            throw Unreadable(image, $"its {image.Jpeg.Length} bytes do not start like a JPEG");
        }

        try
        {
            using var decoded = Image.NewFromBuffer(image.Jpeg.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if (decoded.Bands != 3 || decoded.Format != Enums.BandFormat.Uchar)
            {
                throw Unreadable(image, $"it has {decoded.Bands} bands of {decoded.Format}, not 3 of 8 bits");
            }

            return new PixelImage { Width = decoded.Width, Height = decoded.Height, Rgb = decoded.WriteToMemory<byte>() };
        }
        catch (VipsException error)
        {
            throw Unreadable(image, error.Message.ReplaceLineEndings(" ").Trim(), error);
        }
    }

    private static InvalidDataException Unreadable(PreparedImage image, string reason, Exception? inner = null) =>
        new($"The prepared copy of '{image.Name}' is not a readable JPEG: {reason}.", inner);
}
