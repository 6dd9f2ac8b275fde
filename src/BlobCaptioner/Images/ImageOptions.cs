using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Images;

/// <summary>Limits and looks of image preparation; configuration section <c>Images</c>.</summary>
public sealed class ImageOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Images";

    /// <summary>Largest file that is read, in megabytes of 1,000,000 bytes; larger ones are rejected as <c>too-large</c>.</summary>
    /// <value>1 to 1024, default 64. One picture being prepared holds its file twice in memory.</value>
    [Range(1, 1024)]
    public int MaxMegabytes { get; set; } = 64;

    /// <summary>Most pixels a picture may have, in millions, by its header and before decoding; more are rejected as <c>too-many-pixels</c>.</summary>
    /// <value>1 to 2000, default 100. What is not decoded in strips takes memory by its pixels: progressive JPEG and interlaced PNG about 7 bytes each, AVIF 16
    /// (measured at 99 MP: 0.7 and 1.6 GB; a baseline JPEG of that size 0.16 GB).</value>
    [Range(1, 2000)]
    public int MaxMegapixels { get; set; } = 100;

    /// <summary>Longest time that decoding and scaling one picture may take; then it is stopped and rejected as <c>timeout</c>. Reading is not counted.</summary>
    /// <value>1 ms to 1 hour, default 20 s. libvips looks at it between strips; formats decoded whole are stopped when that step is done (AVIF of 99 MP: 3.5 s).</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>sRGB colour behind transparent parts and beside padded strips, <c>#rrggbb</c>.</summary>
    /// <value>Default <c>#ffffff</c>.</value>
    [Required]
    [RegularExpression("^#[0-9a-fA-F]{6}$", ErrorMessage = "Give a colour as #rrggbb, such as #ffffff.")]
    public string Background { get; set; } = "#ffffff";

    /// <summary>JPEG quality of prepared images; colour is never subsampled.</summary>
    /// <value>50 to 100, default 92.</value>
    [Range(50, 100)]
    public int JpegQuality { get; set; } = 92;

    /// <summary>How many pictures are prepared at once, on one thread each; more wait.</summary>
    /// <value>1 to 256, default the number of processors.</value>
    [Range(1, 256)]
    public int MaxConcurrency { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 256);

    internal long MaxBytes => MaxMegabytes * 1_000_000L;

    internal double[] BackgroundRgb => [.. Convert.FromHexString(Background.AsSpan(1)).Select(b => (double)b)];
}

/// <summary>Checks <see cref="ImageOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ImageOptionsValidator : IValidateOptions<ImageOptions>;
