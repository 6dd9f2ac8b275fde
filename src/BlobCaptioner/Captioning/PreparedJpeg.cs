using BlobCaptioner.Inference;
using NetVips;

namespace BlobCaptioner.Captioning;

/// <summary>Reads the pixels of a prepared image.</summary>
internal static class PreparedJpeg
{
    /// <summary>Decodes the JPEG to RGB.</summary>
    /// <exception cref="CaptionException"><c>prepared-unreadable</c>: the file is not a whole JPEG in RGB; another try won't help.</exception>
    public static PixelImage Decode(PreparedImage image)
    {
        try
        {
            using var decoded = Image.NewFromBuffer(image.Jpeg.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if (decoded.Bands != 3 || decoded.Format != Enums.BandFormat.Uchar)
            {
                throw Unreadable(image, $"it has {decoded.Bands} bands of {decoded.Format}, not 3 of 8 bits", inner: null);
            }

            return new PixelImage { Width = decoded.Width, Height = decoded.Height, Rgb = decoded.WriteToMemory<byte>() };
        }
        catch (VipsException error)
        {
            throw Unreadable(image, error.Message.ReplaceLineEndings(" ").Trim(), error);
        }
    }

    private static CaptionException Unreadable(PreparedImage image, string reason, Exception? inner) => new(
        "prepared-unreadable",
        $"The prepared copy of '{image.Name}' is not a readable JPEG: {reason}.",
        "Delete its blob in the container 'prepared' and sweep again.",
        retry: false,
        inner);
}
