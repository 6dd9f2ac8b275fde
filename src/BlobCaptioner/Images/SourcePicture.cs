using NetVips;

namespace BlobCaptioner.Images;

/// <summary>A file of a known format, opened with that format's one loader: the first frame or page, read top to bottom.</summary>
internal sealed class SourcePicture : IDisposable
{
    private readonly SourceFormat _format;
    private readonly Source? _source;
    private readonly BmpReader? _bmp;

    /// <summary>Reads the header, no pixels.</summary>
    /// <exception cref="VipsException">libvips cannot read the header.</exception>
    /// <exception cref="InvalidDataException">The BMP header is not readable.</exception>
    public SourcePicture(ReadOnlyMemory<byte> file, SourceFormat format)
    {
        _format = format;
        if (format == SourceFormat.Bmp)
        {
            _bmp = new BmpReader(file);
            (Width, Height) = (_bmp.Width, _bmp.Height);
            return;
        }

        _source = Source.NewFromMemory(file.Span);
        try
        {
            using var header = Load(shrink: 1);
            var onItsSide = header.Contains("orientation") && header.Get("orientation") is >= 5 and <= 8;
            (Width, Height) = onItsSide ? (header.Height, header.Width) : (header.Width, header.Height);
        }
        catch (VipsException)
        {
            _source.Dispose();
            throw;
        }
    }

    /// <summary>Pixels across, upright.</summary>
    public int Width { get; }

    /// <summary>Pixels down, upright.</summary>
    public int Height { get; }

    public static bool Reads(SourceFormat format) => format is SourceFormat.Jpeg or SourceFormat.Png or SourceFormat.Webp
        or SourceFormat.Gif or SourceFormat.Tiff or SourceFormat.Avif or SourceFormat.Bmp;

    /// <summary>Opens the picture for one pass; still turned as stored, and possibly decoded smaller where the loader does that.</summary>
    /// <param name="targetWidth">Pixels across that are needed in the end, upright.</param>
    /// <param name="targetHeight">Pixels down that are needed in the end, upright.</param>
    /// <param name="stop">Stops BMP decoding, which happens here; the other formats decode later.</param>
    public Image Open(int targetWidth, int targetHeight, CancellationToken stop) =>
        _bmp is not null ? _bmp.Read(stop) : Load(Math.Min((double)Width / targetWidth, (double)Height / targetHeight));

    public void Dispose() => _source?.Dispose();

    private Image Load(double shrink)
    {
        const Enums.Access Access = Enums.Access.Sequential;

        // "error": truncated files and damaged data fail; mere warnings (odd metadata, bytes after the end) do not.
        const Enums.FailOn FailOn = Enums.FailOn.Error;
        return _format switch
        {
            SourceFormat.Jpeg => Image.JpegloadSource(_source, shrink: BlockShrink(shrink), access: Access, failOn: FailOn),
            SourceFormat.Png => Image.PngloadSource(_source, access: Access, failOn: FailOn),
            SourceFormat.Webp => Image.WebploadSource(_source, scale: 1.0 / BlockShrink(shrink), access: Access, failOn: FailOn),
            SourceFormat.Gif => Image.GifloadSource(_source, access: Access, failOn: FailOn),
            SourceFormat.Tiff => Image.TiffloadSource(_source, access: Access, failOn: FailOn),
            SourceFormat.Avif => Image.HeifloadSource(_source, access: Access, failOn: FailOn),
            _ => throw new InvalidOperationException($"No loader for {_format}; {nameof(Reads)} says which formats have one."),
        };
    }

    /// <summary>
    /// The loaders' own shrinking leaves at least a factor of two for the good scaler, as libvips' thumbnail does:
    /// alone it would sharpen and alias.
    /// </summary>
    private static int BlockShrink(double shrink) => shrink switch
    {
        >= 16 => 8,
        >= 8 => 4,
        >= 4 => 2,
        _ => 1,
    };
}
