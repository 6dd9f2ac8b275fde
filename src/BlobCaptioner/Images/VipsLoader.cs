using NetVips;

namespace BlobCaptioner.Images;

/// <summary>Opens a source with the one loader of its format; the first frame or page, read top to bottom.</summary>
internal static class VipsLoader
{
    /// <summary>Opens the picture; only its header is read yet.</summary>
    /// <param name="source">The file; may have been opened before.</param>
    /// <param name="format">One of the formats that libvips reads.</param>
    /// <param name="shrink">How many times smaller the picture may be decoded at most, at least 1; JPEG and WebP make use of it.</param>
    public static Image Open(Source source, SourceFormat format, double shrink)
    {
        const Enums.Access Access = Enums.Access.Sequential;

        // "error": truncated files and damaged data fail; mere warnings (odd metadata, bytes after the end) do not.
        const Enums.FailOn FailOn = Enums.FailOn.Error;
        return format switch
        {
            SourceFormat.Jpeg => Image.JpegloadSource(source, shrink: JpegShrink(shrink), access: Access, failOn: FailOn),
            SourceFormat.Png => Image.PngloadSource(source, access: Access, failOn: FailOn),
            SourceFormat.Webp => Image.WebploadSource(source, scale: 1.0 / JpegShrink(shrink), access: Access, failOn: FailOn),
            SourceFormat.Gif => Image.GifloadSource(source, access: Access, failOn: FailOn),
            SourceFormat.Tiff => Image.TiffloadSource(source, access: Access, failOn: FailOn),
            SourceFormat.Avif => Image.HeifloadSource(source, access: Access, failOn: FailOn),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "libvips has no loader for this format in our build."),
        };
    }

    /// <summary>
    /// JPEG's block shrink leaves at least a factor of two for the good scaler, as libvips' own thumbnail does:
    /// alone it would sharpen and alias.
    /// </summary>
    private static int JpegShrink(double shrink) => shrink switch
    {
        >= 16 => 8,
        >= 8 => 4,
        >= 4 => 2,
        _ => 1,
    };
}
