using NetVips;

namespace BlobCaptioner.Images;

/// <summary>Turns a prepared image into pixels for the vision tower.</summary>
public static class ImagePixels
{
    /// <summary>Decodes a prepared JPEG: its own size, 8-bit sRGB, nothing rotated or scaled.</summary>
    /// <param name="jpeg">A JPEG file as <see cref="ImagePreparer"/> writes it.</param>
    /// <exception cref="InvalidDataException">These bytes are not a whole JPEG; prepare the image again.</exception>
    public static PixelImage Decode(ReadOnlyMemory<byte> jpeg)
    {
        VipsSettings.Apply();
        if (FormatSniffer.Sniff(jpeg.Span) != SourceFormat.Jpeg)
        {
            throw new InvalidDataException($"The prepared image ({jpeg.Length} bytes) is not a JPEG. Delete it and let the image be prepared again.");
        }

        try
        {
            using var source = Source.NewFromMemory(jpeg.Span);
            using var stored = Image.JpegloadSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            using var rgb = stored.Colourspace(Enums.Interpretation.Srgb);
            return new PixelImage { Width = rgb.Width, Height = rgb.Height, Rgb = rgb.WriteToMemory<byte>() };
        }
        catch (VipsException error)
        {
            throw new InvalidDataException(
                $"The prepared image ({jpeg.Length} bytes) cannot be decoded: {error.Message.Trim()}. Delete it and let the image be prepared again.", error);
        }
    }
}
