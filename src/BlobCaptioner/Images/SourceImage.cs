using NetVips;

namespace BlobCaptioner.Images;

/// <summary>A file of a known format, opened with the loader of that format: the first frame or page, read top to bottom.</summary>
internal sealed class SourceImage : IDisposable
{
    private readonly SourceFormat _format;
    private readonly Source? _source;
    private readonly BmpReader? _bmp;

    /// <summary>Reads the header, not the pixels.</summary>
    /// <exception cref="VipsException">libvips cannot read the header.</exception>
    /// <exception cref="InvalidDataException">The BMP header is not readable.</exception>
    public SourceImage(ReadOnlyMemory<byte> file, SourceFormat format)
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

    /// <summary>Opens the image for one pass, in its stored orientation. Some loaders decode it smaller.</summary>
    /// <param name="targetWidth">Pixels across that are needed in the end, upright.</param>
    /// <param name="targetHeight">Pixels down that are needed in the end, upright.</param>
    /// <param name="stop">Stops BMP decoding, which happens here; other formats are decoded later.</param>
    public Image Open(int targetWidth, int targetHeight, CancellationToken stop) =>
        _bmp is not null ? _bmp.Read(stop) : Load(Math.Min((double)Width / targetWidth, (double)Height / targetHeight));

    public void Dispose() => _source?.Dispose();

    private Image Load(double shrink)
    {
        const Enums.Access Access = Enums.Access.Sequential;

        // Truncated files and damaged data fail; warnings (odd metadata, bytes after the end) do not.
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
    /// The loaders' fast shrinking sharpens and aliases, so at least a factor of two is left to the better scaler, as in libvips' thumbnail.
    /// </summary>
    private static int BlockShrink(double shrink) => shrink switch
    {
        >= 16 => 8,
        >= 8 => 4,
        >= 4 => 2,
        _ => 1,
    };
}

/// <summary>libvips' process-wide settings, applied once before its first use.</summary>
internal static class VipsSettings
{
    // The field keeps the delegate alive: libvips calls it until the process ends.
    private static readonly Log.LogDelegate Silent = (_, _, _) => { };

    private static readonly bool Applied = Set();

    public static void Apply() => _ = Applied;

    private static bool Set()
    {
        // Images are prepared side by side, each on one thread: this gives the best throughput a core and needs the fewest tile buffers.
        NetVips.NetVips.Concurrency = 1;

        // Every image is used once: a cache of operations would only take memory.
        Cache.Max = 0;

        // A second defence after FormatSniffer: blocks the loaders that libvips calls unfit for untrusted input.
        NetVips.NetVips.BlockUntrusted = true;

        // Warnings about damaged images would go to the terminal, into live tables and JSON lines. The outcome reports them already.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Message | Enums.LogLevelFlags.Info, Silent);
        return true;
    }
}
