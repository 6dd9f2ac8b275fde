namespace BlobCaptioner.Images;

/// <summary>What a file is by its first bytes.</summary>
internal enum SourceFormat
{
    Unknown,
    Jpeg,
    Png,
    Webp,
    Gif,
    Tiff,
    Avif,
    Bmp,
    Heic,
    Svg,
    Pdf,
    JpegXl,
    Jpeg2000,
    Psd,
    PostScript,
    Icon,
    Video,
    Html,
}
