using BlobCaptioner.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePreparerColourTests
{
    [Fact]
    public async Task PrepareAsync_CmykWithProfile_ComesOutInItsColours()
    {
        var cmyk = TestPicture.Quadrants(256, 256).IccTransform("cmyk", inputProfile: "srgb");
        Assert.Equal(4, cmyk.Bands);
        var file = cmyk.JpegsaveBuffer(q: 95, profile: "cmyk");

        // print cannot show every screen colour: the tolerance is the gamut's, and a swap would be far outside it
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(file), tolerance: 50);
    }

    [Fact]
    public async Task PrepareAsync_CmykWithoutProfile_ComesOutInItsColours()
    {
        var file = TestPicture.Quadrants(256, 256).IccTransform("cmyk", inputProfile: "srgb").JpegsaveBuffer(q: 95, keep: Enums.ForeignKeep.None);
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(file), tolerance: 50);
    }

    [Fact]
    public async Task PrepareAsync_DisplayP3_IsConvertedToSrgb()
    {
        // P3's numbers for a colour inside sRGB differ from sRGB's: reading them as sRGB would be off by 20 and more
        var p3 = TestPicture.Quadrants(256, 256).IccTransform("p3", inputProfile: "srgb");
        var naive = p3.Getpoint(64, 64);
        Assert.True(Math.Abs(naive[0] - TestPicture.Red[0]) > 12, $"P3 red is {naive[0]}, too near sRGB's to tell");
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(p3.PngsaveBuffer()));
    }

    [Fact]
    public async Task PrepareAsync_SixteenBitPng_KeepsItsTones()
    {
        var deep = (TestPicture.Quadrants(256, 256).Cast(Enums.BandFormat.Ushort) * 257).Cast(Enums.BandFormat.Ushort)
            .Copy(interpretation: Enums.Interpretation.Rgb16);
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(deep.PngsaveBuffer()));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public async Task PrepareAsync_GreyPng_BecomesRgb(int bits)
    {
        var grey = Image.Black(128, 128).Linear([1], [bits == 8 ? 140.0 : 140.0 * 257])
            .Cast(bits == 8 ? Enums.BandFormat.Uchar : Enums.BandFormat.Ushort)
            .Copy(interpretation: bits == 8 ? Enums.Interpretation.Bw : Enums.Interpretation.Grey16);
        TestPicture.AssertColour(await TestPicture.PixelsAsync(grey.PngsaveBuffer()), 0.5, 0.5, [140, 140, 140], tolerance: 3);
    }

    [Fact]
    public async Task PrepareAsync_PalettePng_ComesOutInItsColours()
    {
        var file = TestPicture.Quadrants(256, 256).PngsaveBuffer(palette: true);
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(file));
    }

    [Theory]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("gif")]
    [InlineData("palette")]
    public async Task PrepareAsync_TransparentPicture_LiesOnWhite(string format)
    {
        var file = EncodeHalfTransparent(format);
        var pixels = await TestPicture.PixelsAsync(file);
        TestPicture.AssertColour(pixels, 0.25, 0.5, TestPicture.Red);
        TestPicture.AssertColour(pixels, 0.75, 0.5, [255, 255, 255], tolerance: 2);
    }

    [Fact]
    public async Task PrepareAsync_AnotherBackground_IsUsed()
    {
        var options = new ImageOptions { Background = "#2040C0" };
        var pixels = await TestPicture.PixelsAsync(EncodeHalfTransparent("png"), options: options);
        TestPicture.AssertColour(pixels, 0.75, 0.5, [0x20, 0x40, 0xC0]);
    }

    [Fact]
    public async Task PrepareAsync_TransparentEdgeScaledDown_HasNoDarkFringe()
    {
        // transparent black beside opaque white: scaling without premultiplying would leave grey
        var white = TestPicture.Plain([255, 255, 255, 255], 1000, 2000);
        var clear = TestPicture.Plain([0, 0, 0, 0], 1001, 2000);
        var file = white.Join(clear, Enums.Direction.Horizontal).PngsaveBuffer();
        var pixels = await TestPicture.PixelsAsync(file);
        Assert.True(pixels.Rgb.Span.IndexOfAnyInRange((byte)0, (byte)245) < 0, "a fringe darker than 245");
    }

    private static byte[] EncodeHalfTransparent(string format)
    {
        var picture = TestPicture.Plain([.. TestPicture.Red, 255], 128, 256).Join(TestPicture.Plain([0, 0, 0, 0], 128, 256), Enums.Direction.Horizontal);
        return format switch
        {
            "png" => picture.PngsaveBuffer(),
            "palette" => picture.PngsaveBuffer(palette: true),
            "webp" => picture.WebpsaveBuffer(lossless: true),
            _ => picture.GifsaveBuffer(),
        };
    }
}
