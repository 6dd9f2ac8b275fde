using System.Text;
using BlobCaptioner.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePreparerFormatTests
{
    public static TheoryData<string> Formats => ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp"];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task PrepareAsync_AnyFormatUnderAWrongName_IsReadByContent(string format)
    {
        var file = Encode(TestPicture.Quadrants(320, 256), format);
        var prepared = await TestPicture.PreparedAsync(file);
        Assert.Equal(format, prepared.SourceFormat);
        Assert.Equal((320, 256), (prepared.SourceWidth, prepared.SourceHeight));
        Assert.Equal((320, 256), (prepared.Width, prepared.Height));
        TestPicture.AssertQuadrants(TestPicture.Pixels(prepared.Jpeg));
    }

    [Fact]
    public async Task PrepareAsync_SmallUprightPicture_ComesThroughPixelForPixel()
    {
        var picture = TestPicture.Quadrants(128, 128);
        var pixels = await TestPicture.PixelsAsync(picture.PngsaveBuffer());
        Assert.Equal((128, 128), (pixels.Width, pixels.Height));
        var original = picture.WriteToMemory<byte>();
        var worst = original.Zip(pixels.Rgb.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= 6, $"worst difference {worst}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task PrepareAsync_EachExifOrientation_ComesOutUpright(int orientation)
    {
        var upright = TestPicture.Quadrants(320, 192);
        var stored = TestPicture.Stored(upright, orientation);
        var file = stored.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation)).JpegsaveBuffer(q: 95);

        var prepared = await TestPicture.PreparedAsync(file);

        Assert.Equal((320, 192, 320, 192), (prepared.Width, prepared.Height, prepared.SourceWidth, prepared.SourceHeight));
        TestPicture.AssertQuadrants(TestPicture.Pixels(prepared.Jpeg));
    }

    [Theory]
    [InlineData("gif")]
    [InlineData("webp")]
    public async Task PrepareAsync_Animation_ShowsTheFirstFrame(string format)
    {
        var frames = TestPicture.Quadrants(128, 128).Join(TestPicture.Plain([0, 0, 0], 128, 128), Enums.Direction.Vertical)
            .Mutate(m =>
            {
                m.Set(GValue.GIntType, "page-height", 128);
                m.Set(GValue.ArrayIntType, "delay", new[] { 50, 50 });
            });
        var file = string.Equals(format, "gif", StringComparison.Ordinal) ? frames.GifsaveBuffer() : frames.WebpsaveBuffer(lossless: true);

        var pixels = await TestPicture.PixelsAsync(file);

        Assert.Equal((128, 128), (pixels.Width, pixels.Height));
        TestPicture.AssertQuadrants(pixels);
    }

    [Fact]
    public async Task PrepareAsync_TiffOfTwoPages_ShowsTheFirstPage()
    {
        var pages = TestPicture.Quadrants(128, 128).Join(TestPicture.Plain([0, 0, 0], 128, 128), Enums.Direction.Vertical)
            .Mutate(m => m.Set(GValue.GIntType, "page-height", 128));
        var pixels = await TestPicture.PixelsAsync(pages.TiffsaveBuffer());
        Assert.Equal((128, 128), (pixels.Width, pixels.Height));
        TestPicture.AssertQuadrants(pixels);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PrepareAsync_ProgressiveAndBaselineJpeg_BothRead(bool progressive)
    {
        var file = TestPicture.Quadrants(2048, 1536).JpegsaveBuffer(q: 95, interlace: progressive);
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(file));
    }

    [Fact]
    public async Task PrepareAsync_InterlacedPng_IsRead() =>
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync(TestPicture.Quadrants(700, 500).PngsaveBuffer(interlace: true)));

    [Fact]
    public async Task PrepareAsync_Metadata_IsLeftOut()
    {
        var file = TestPicture.Quadrants(256, 256)
            .Mutate(m => m.Set(GValue.GStrType, "exif-ifd0-Artist", "Ada of the shop"))
            .JpegsaveBuffer(profile: "p3");
        Assert.Contains("Ada of the shop", Encoding.Latin1.GetString(file), StringComparison.Ordinal);

        var prepared = await TestPicture.PreparedAsync(file);

        var text = Encoding.Latin1.GetString(prepared.Jpeg.Span);
        Assert.DoesNotContain("Ada of the shop", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ICC_PROFILE", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exif", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrepareAsync_LongStrip_IsPaddedNotSqueezed()
    {
        var pixels = await TestPicture.PixelsAsync(TestPicture.Quadrants(4000, 100).PngsaveBuffer());

        // 40 : 1 on a canvas of 8 : 1: the strip is a fifth of the height, in the middle
        Assert.Equal(8 * pixels.Height, pixels.Width);
        TestPicture.AssertColour(pixels, 0.25, 0.45, TestPicture.Red);
        TestPicture.AssertColour(pixels, 0.75, 0.55, TestPicture.Yellow);
        TestPicture.AssertColour(pixels, 0.5, 0.2, [255, 255, 255], tolerance: 2);
        TestPicture.AssertColour(pixels, 0.5, 0.8, [255, 255, 255], tolerance: 2);
    }

    [Fact]
    public async Task PrepareAsync_OnePixel_BecomesTheModelsSmallestPicture()
    {
        var pixels = await TestPicture.PixelsAsync(TestPicture.Plain(TestPicture.Blue, 1, 1).PngsaveBuffer());
        Assert.Equal((96, 96), (pixels.Width, pixels.Height));
        TestPicture.AssertColour(pixels, 0.5, 0.5, TestPicture.Blue);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PrepareAsync_StreamWithOrWithoutKnownLength_GivesTheSameBytes(bool known)
    {
        var file = TestPicture.Quadrants(1500, 900).JpegsaveBuffer();
        using var preparer = new ImagePreparer(new ImageOptions());
        await using var stream = new DribblingStream(file);

        var outcome = await preparer.PrepareAsync(
            stream, "a.jpg", known ? file.Length : null, 576, TestContext.Current.CancellationToken);

        var fromMemory = await TestPicture.PreparedAsync(file);
        Assert.Equal(fromMemory.Jpeg.ToArray(), Assert.IsType<PreparationOutcome.Prepared>(outcome).Jpeg.ToArray());
    }

    private static byte[] Encode(Image image, string format) => format switch
    {
        "jpeg" => image.JpegsaveBuffer(q: 95),
        "png" => image.PngsaveBuffer(),
        "webp" => image.WebpsaveBuffer(lossless: true),
        "gif" => image.GifsaveBuffer(),
        "tiff" => image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Lzw),
        "avif" => image.HeifsaveBuffer(q: 90, compression: Enums.ForeignHeifCompression.Av1, effort: 1),
        "bmp" => BmpFile.Rgb24(image),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no encoder"),
    };
}
