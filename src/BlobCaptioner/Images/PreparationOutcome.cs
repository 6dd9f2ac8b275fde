using System.Globalization;

namespace BlobCaptioner.Images;

/// <summary>Result of a preparation: a prepared image, or the reason why there is none.</summary>
public abstract record PreparationOutcome
{
    private PreparationOutcome()
    {
    }

    /// <summary>A prepared image.</summary>
    public sealed record Prepared : PreparationOutcome
    {
        /// <summary>The prepared image, a baseline JPEG in sRGB without metadata.</summary>
        public required ReadOnlyMemory<byte> Jpeg { get; init; }

        /// <summary>Pixels across; a multiple of 32.</summary>
        public required int Width { get; init; }

        /// <summary>Pixels down; a multiple of 32.</summary>
        public required int Height { get; init; }

        /// <summary>The image's own format, by content: <c>jpeg</c>, <c>png</c>, <c>webp</c>, <c>gif</c>, <c>tiff</c>, <c>bmp</c>, <c>avif</c>.</summary>
        public required string SourceFormat { get; init; }

        /// <summary>The image's own pixels across, upright.</summary>
        public required int SourceWidth { get; init; }

        /// <summary>The image's own pixels down, upright.</summary>
        public required int SourceHeight { get; init; }
    }

    /// <summary>The image can't be described; trying again gives the same result.</summary>
    /// <param name="Code">Short stable code: <c>not-an-image</c>, <c>too-large</c>, <c>too-many-pixels</c>, <c>truncated</c>, <c>svg</c>, <c>empty</c>, <c>timeout</c>...</param>
    /// <param name="Message">What is wrong, with name, value and limit.</param>
    /// <param name="Remedy">The way out.</param>
    public sealed record Rejected(string Code, string Message, string Remedy) : PreparationOutcome;
}

/// <summary>The rejections, one for each reason. Each has a code, a message with value and limit, and the way out.</summary>
internal static class Rejections
{
    private const string SaveAgain = "Open it in an image editor and save it again as JPEG, PNG or WebP, then upload that.";

    public static PreparationOutcome.Rejected Empty(string name) =>
        new("empty", $"'{name}' has 0 bytes.", "Upload it again; the first upload was probably cut off.");

    public static PreparationOutcome.Rejected TooLarge(string name, long? length, ImageOptions options) =>
        new(
            "too-large",
            length is { } bytes
                ? $"'{name}' is {Megabytes(bytes)} MB; the limit is {options.MaxMegabytes} MB."
                : $"'{name}' is larger than the limit of {options.MaxMegabytes} MB.",
            $"Raise {ImageOptions.Section}:{nameof(ImageOptions.MaxMegabytes)} or upload a smaller file.");

    public static PreparationOutcome.Rejected TooManyPixels(string name, int width, int height, ImageOptions options) =>
        new(
            "too-many-pixels",
            $"'{name}' is {width} x {height} px; the limit is {options.MaxMegapixels} MP.",
            $"Raise {ImageOptions.Section}:{nameof(ImageOptions.MaxMegapixels)} or upload a smaller image.");

    public static PreparationOutcome.Rejected ExtremeShape(string name, int width, int height) =>
        new(
            "extreme-shape",
            $"'{name}' is {width} x {height} px: its long side is more than {PreparedShape.MaxRatio} times its short side.",
            "Crop it to the product and upload that.");

    public static PreparationOutcome.Rejected Timeout(string name, ImageOptions options) =>
        new(
            "timeout",
            $"'{name}' was not decoded within {options.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s.",
            $"Raise {ImageOptions.Section}:{nameof(ImageOptions.Timeout)} or upload a smaller image.");

    public static PreparationOutcome.Rejected NoFrame(string name) =>
        new("no-frame", $"'{name}' is a GIF without a single frame.", "Export it again with at least one frame, or upload a JPEG or PNG.");

    public static PreparationOutcome.Rejected Truncated(string name, SourceFormat format, long length) =>
        new(
            "truncated",
            $"'{name}' is a {Label(format)} that ends too early, after {length} bytes.",
            "Upload it again; if that does not help, the original is damaged: export it anew.");

    public static PreparationOutcome.Rejected Corrupt(string name, SourceFormat format, string detail) =>
        new("corrupt", $"'{name}' is a {Label(format)} that cannot be decoded: {detail}.", SaveAgain);

    public static PreparationOutcome.Rejected Unsupported(string name, SourceFormat format) => format switch
    {
        SourceFormat.Unknown => new(
            "not-an-image",
            $"'{name}' is not an image: its content matches no image format, whatever its name says.",
            "Upload a JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF file, or remove this one."),
        SourceFormat.Svg => new(
            "svg",
            $"'{name}' is an SVG, which may load other files and is not accepted.",
            "Export it as PNG and upload that."),
        SourceFormat.Pdf or SourceFormat.PostScript => new(
            "unsupported-format",
            $"'{name}' is a {Label(format)} document, not an image.",
            "Export the page as PNG or JPEG and upload that."),
        SourceFormat.Html => new(
            "unsupported-format",
            $"'{name}' is a web page, probably an error page saved in place of the image.",
            "Download the image again and upload it."),
        _ => new("unsupported-format", $"'{name}' is in the {Label(format)} format, which is not supported.", SaveAgain),
    };

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Label(SourceFormat format) => format switch
    {
        SourceFormat.Jpeg => "JPEG",
        SourceFormat.Webp => "WebP",
        SourceFormat.JpegXl => "JPEG XL",
        SourceFormat.Jpeg2000 => "JPEG 2000",
        SourceFormat.Psd => "Photoshop (PSD)",
        SourceFormat.Icon => "icon (ICO)",
        SourceFormat.Video => "video or audio",
        SourceFormat.PostScript => "PostScript",
        _ => format.ToString().ToUpperInvariant(),
    };
}
