using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using BlobCaptioner.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePreparerRejectionTests
{
    private const string Svg =
        """<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><image href="file:///etc/passwd"/></svg>""";

    [Fact]
    public Task PrepareAsync_EmptyFile_IsRejected() => TestPicture.RejectedAsync([], "empty");

    [Fact]
    public Task PrepareAsync_TextRenamedJpg_IsRejected() =>
        TestPicture.RejectedAsync(Encoding.UTF8.GetBytes("size;colour;price\n42;red;12.90\n"), "not-an-image", "shoes/红 #1.jpg");

    [Fact]
    public Task PrepareAsync_Svg_IsRejected() => TestPicture.RejectedAsync(Encoding.UTF8.GetBytes(Svg), "svg", "logo.png");

    [Fact]
    public Task PrepareAsync_SvgInUtf16_IsRejected() =>
        TestPicture.RejectedAsync([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Svg)], "svg");

    [Fact]
    public Task PrepareAsync_CompressedSvg_IsRejected()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Svg));
        }

        return TestPicture.RejectedAsync(packed.ToArray(), "svg");
    }

    [Theory]
    [InlineData("%PDF-1.7\n", "PDF")]
    [InlineData("%!PS-Adobe-3.0", "PostScript")]
    [InlineData("<!DOCTYPE html><html><body>404</body></html>", "web page")]
    [InlineData("8BPS\0\u0001", "Photoshop")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "HEIC")]
    [InlineData("\0\0\0\u0018ftypisom\0\0\0\0isommp42", "video")]
    [InlineData("\0\0\0\u000cJXL \r\n", "JPEG XL")]
    public async Task PrepareAsync_FormatThatIsNotRead_IsNamed(string content, string format)
    {
        var rejected = await TestPicture.RejectedAsync(Encoding.Latin1.GetBytes(content), "unsupported-format");
        Assert.Contains(format, rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("progressive")]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("gif")]
    public async Task PrepareAsync_FileCutInHalf_IsRejectedAsTruncated(string format)
    {
        var picture = Image.Gaussnoise(600, 400, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar).Bandjoin(
            TestPicture.Plain([90], 600, 400), TestPicture.Plain([30], 600, 400)).Copy(interpretation: Enums.Interpretation.Srgb);
        var file = format switch
        {
            "jpeg" => picture.JpegsaveBuffer(),
            "progressive" => picture.JpegsaveBuffer(interlace: true),
            "png" => picture.PngsaveBuffer(),
            "webp" => picture.WebpsaveBuffer(),
            _ => picture.GifsaveBuffer(),
        };
        await TestPicture.RejectedAsync(file[..(file.Length / 2)], "truncated");
    }

    [Fact]
    public async Task PrepareAsync_GifCutWhereItsDataLooksLikeATrailer_IsRejectedAsTruncated()
    {
        var noise = Image.Gaussnoise(300, 200, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Bw);
        var file = noise.GifsaveBuffer();
        var cut = Enumerable.Range(file.Length / 2, file.Length / 4).First(i => file[i] == 0x3B);
        await TestPicture.RejectedAsync(file[..(cut + 1)], "truncated");
    }

    [Fact]
    public async Task PrepareAsync_JpegWithBytesBehindItsEnd_IsRead()
    {
        var file = TestPicture.Quadrants(256, 256).JpegsaveBuffer(q: 95);
        TestPicture.AssertQuadrants(await TestPicture.PixelsAsync([.. file, .. new byte[500]]));
    }

    // libvips cannot tell a missing end marker from missing rows; a whole upload has it
    [Fact]
    public async Task PrepareAsync_JpegWithoutItsEndMarker_IsRejectedAsTruncated() =>
        await TestPicture.RejectedAsync(TestPicture.Quadrants(256, 256).JpegsaveBuffer(q: 95)[..^2], "truncated");

    [Fact]
    public Task PrepareAsync_JpegOfOnlyItsFirstBytes_IsRejected() => TestPicture.RejectedAsync([0xFF, 0xD8, 0xFF], "truncated");

    [Fact]
    public async Task PrepareAsync_ThirtyThousandSquared_IsRejectedFromItsHeader()
    {
        // 900 million white pixels in a few KB; a megabyte would say that they are really there
        var file = Image.Black(30000, 30000).Linear([1], [255.0]).Cast(Enums.BandFormat.Uchar)
            .PngsaveBuffer(compression: 1, bitdepth: 1);
        var clock = Stopwatch.StartNew();

        var rejected = await TestPicture.RejectedAsync(file, "too-many-pixels", "shoes/red.jpg");

        Assert.Contains("30000 x 30000 px", rejected.Message, StringComparison.Ordinal);
        Assert.Contains("100 MP", rejected.Message, StringComparison.Ordinal);
        Assert.Contains("Images:MaxMegapixels", rejected.Remedy, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"took {clock.Elapsed}: it was decoded");
    }

    [Fact]
    public async Task PrepareAsync_LongerThanTheLimitByItsLength_IsNotEvenRead()
    {
        using var preparer = new ImagePreparer(new ImageOptions { MaxMegabytes = 1 });
        await using var stream = new DribblingStream(new byte[10]);
        var outcome = await preparer.PrepareAsync(stream, "big.tif", 2_345_678, 576, TestContext.Current.CancellationToken);
        var rejected = Assert.IsType<PreparationOutcome.Rejected>(outcome);
        Assert.Equal(("too-large", 0L), (rejected.Code, stream.Taken));
        Assert.Contains("2.3 MB; the limit is 1 MB", rejected.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrepareAsync_LongerThanTheLimitUnannounced_StopsReadingOneByteBehindIt()
    {
        using var preparer = new ImagePreparer(new ImageOptions { MaxMegabytes = 1 });
        await using var stream = new DribblingStream(new byte[5_000_000], step: int.MaxValue);
        var outcome = await preparer.PrepareAsync(stream, "big.tif", length: null, 576, TestContext.Current.CancellationToken);
        Assert.Equal("too-large", Assert.IsType<PreparationOutcome.Rejected>(outcome).Code);
        Assert.Equal(1_000_001, stream.Taken);
    }

    [Fact]
    public Task PrepareAsync_GifWithoutAFrame_IsRejected() =>
        TestPicture.RejectedAsync([.. "GIF89a"u8, 16, 0, 16, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6, 0x21, 0xFE, 2, (byte)'h', (byte)'i', 0, 0x3B], "no-frame");

    [Fact]
    public Task PrepareAsync_StripOfTwentyThousandByTen_IsRejected() =>
        TestPicture.RejectedAsync(TestPicture.Plain(TestPicture.Red, 20000, 10).PngsaveBuffer(), "extreme-shape");

    [Fact]
    public async Task PrepareAsync_SlowPicture_IsStoppedAtItsDeadline()
    {
        var file = TestPicture.Plain(TestPicture.Red, 9000, 9000).PngsaveBuffer(compression: 1);
        var clock = Stopwatch.StartNew();
        await TestPicture.PreparedAsync(file);
        var whole = clock.Elapsed;

        // A busy machine makes a try longer, never shorter: the shortest of some tells.
        var shortest = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 20 && shortest >= whole / 2; attempt++)
        {
            clock.Restart();
            var rejected = await TestPicture.RejectedAsync(file, "timeout", options: new ImageOptions { Timeout = whole / 20 });
            shortest = clock.Elapsed < shortest ? clock.Elapsed : shortest;
            Assert.Contains("Images:Timeout", rejected.Remedy, StringComparison.Ordinal);
        }

        Assert.True(shortest < whole / 2, $"stopped after {shortest} of {whole}");
    }

    [Fact]
    public async Task PrepareAsync_CancelledByTheCaller_Throws()
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        using var stop = new CancellationTokenSource();
        var file = TestPicture.Plain(TestPicture.Red, 9000, 9000).PngsaveBuffer(compression: 1);
        var running = preparer.PrepareAsync(file, "a.png", 576, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
