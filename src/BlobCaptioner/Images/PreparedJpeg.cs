using NetVips;

namespace BlobCaptioner.Images;

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
            throw Unreadable(image, $"its {image.Jpeg.Length} bytes do not start as a JPEG does");
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
