using BlobCaptioner.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

/// <summary>Pictures made by the tests themselves, in which every mirroring, turning and swapping of channels shows.</summary>
internal static class TestPicture
{
    public static readonly byte[] Red = [200, 30, 40];
    public static readonly byte[] Green = [40, 170, 60];
    public static readonly byte[] Blue = [30, 60, 190];
    public static readonly byte[] Yellow = [230, 210, 50];

    /// <summary>Red top left, green top right, blue bottom left, yellow bottom right; sRGB.</summary>
    public static Image Quadrants(int width, int height)
    {
        var top = Plain(Red, width / 2, height / 2).Join(Plain(Green, width - (width / 2), height / 2), Enums.Direction.Horizontal);
        var bottom = Plain(Blue, width / 2, height - (height / 2))
            .Join(Plain(Yellow, width - (width / 2), height - (height / 2)), Enums.Direction.Horizontal);
        return top.Join(bottom, Enums.Direction.Vertical);
    }

    public static Image Plain(byte[] colour, int width, int height) =>
        Image.Black(width, height, bands: colour.Length)
            .Linear(Enumerable.Repeat(1.0, colour.Length).ToArray(), colour.Select(c => (double)c).ToArray())
            .Cast(Enums.BandFormat.Uchar)
            .Copy(interpretation: Enums.Interpretation.Srgb);

    /// <summary>Pixels as a camera stores them that says how to turn them back (EXIF 2.3, tag 274).</summary>
    public static Image Stored(Image upright, int orientation) => orientation switch
    {
        1 => upright,
        2 => upright.Flip(Enums.Direction.Horizontal),
        3 => upright.Rot(Enums.Angle.D180),
        4 => upright.Flip(Enums.Direction.Vertical),
        5 => upright.Rot(Enums.Angle.D90).Flip(Enums.Direction.Horizontal),
        6 => upright.Rot(Enums.Angle.D270),
        7 => upright.Rot(Enums.Angle.D90).Flip(Enums.Direction.Vertical),
        8 => upright.Rot(Enums.Angle.D90),
        _ => throw new ArgumentOutOfRangeException(nameof(orientation), orientation, "The range is 1 to 8."),
    };

    public static Task<PreparationOutcome> PrepareAsync(byte[] file, string name = "shop/picture.jpg", int budget = 576, ImageOptions? options = null) =>
        new ImagePreparer(options ?? new ImageOptions()).PrepareAsync(file, name, budget, TestContext.Current.CancellationToken);

    public static async Task<PreparationOutcome.Prepared> PreparedAsync(byte[] file, int budget = 576, ImageOptions? options = null)
    {
        var outcome = await PrepareAsync(file, budget: budget, options: options);
        return Assert.IsType<PreparationOutcome.Prepared>(outcome);
    }

    public static async Task<PreparationOutcome.Rejected> RejectedAsync(
        byte[] file, string code, string name = "shop/picture.jpg", ImageOptions? options = null)
    {
        var outcome = await PrepareAsync(file, name, options: options);
        var rejected = Assert.IsType<PreparationOutcome.Rejected>(outcome);
        Assert.True(string.Equals(code, rejected.Code, StringComparison.Ordinal), $"expected {code}, got {rejected}");
        Assert.Contains($"'{name}'", rejected.Message, StringComparison.Ordinal);
        Assert.True(rejected.Remedy.Length > 10, rejected.Remedy);
        return rejected;
    }

    public static async Task<PixelImage> PixelsAsync(byte[] file, int budget = 576, ImageOptions? options = null) =>
        Pixels((await PreparedAsync(file, budget, options)).Jpeg);

    /// <summary>The pixels that the model sees of a prepared image.</summary>
    public static PixelImage Pixels(ReadOnlyMemory<byte> jpeg) => PreparedJpeg.Decode(new PreparedImage { Name = "shop/picture.jpg", Jpeg = jpeg });

    /// <summary>Asserts the colour at a place given in fractions of the sides.</summary>
    public static void AssertColour(PixelImage image, double x, double y, byte[] expected, int tolerance = 8)
    {
        var at = (((int)(y * image.Height) * image.Width) + (int)(x * image.Width)) * 3;
        var actual = image.Rgb.Span.Slice(at, 3).ToArray();
        for (var band = 0; band < 3; band++)
        {
            Assert.True(
                Math.Abs(actual[band] - expected[band]) <= tolerance,
                $"at {x:0.00}, {y:0.00}: expected {string.Join(' ', expected)} ± {tolerance}, got {string.Join(' ', actual)}");
        }
    }

    public static void AssertQuadrants(PixelImage image, int tolerance = 8)
    {
        AssertColour(image, 0.25, 0.25, Red, tolerance);
        AssertColour(image, 0.75, 0.25, Green, tolerance);
        AssertColour(image, 0.25, 0.75, Blue, tolerance);
        AssertColour(image, 0.75, 0.75, Yellow, tolerance);
    }
}
