using System.Buffers.Binary;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePreparerBmpTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task PrepareAsync_BmpWithPalette_ComesOutInItsColours(int bits)
    {
        // left half palette entry 0, right half entry 1
        var stride = ((128 * bits) + 31) / 32 * 4;
        var file = BmpFile.Header(128, 96, bits, compression: 0, tableBytes: 4 << bits, stride * 96);
        SetPalette(file, 0, TestPicture.Red);
        SetPalette(file, 1, TestPicture.Green);
        var start = 54 + (4 << bits);
        for (var y = 0; y < 96; y++)
        {
            file.AsSpan(start + (y * stride) + (stride / 2), stride / 2).Fill(bits switch { 1 => 0xFF, 4 => 0x11, _ => 1 });
        }

        var pixels = await TestPicture.PixelsAsync(file);

        TestPicture.AssertColour(pixels, 0.25, 0.5, TestPicture.Red);
        TestPicture.AssertColour(pixels, 0.75, 0.5, TestPicture.Green);
    }

    [Theory]
    [InlineData(96)]
    [InlineData(-96)]
    public async Task PrepareAsync_BmpOf32Bits_HasItsTopWhereTheHeaderSays(int height)
    {
        var file = BmpFile.Header(128, height, 32, compression: 0, tableBytes: 0, 128 * 96 * 4);
        for (var i = 0; i < 128 * 96; i++)
        {
            var firstHalf = i < 128 * 48;
            var colour = firstHalf == height < 0 ? TestPicture.Red : TestPicture.Blue;
            (file[54 + (i * 4)], file[55 + (i * 4)], file[56 + (i * 4)]) = (colour[2], colour[1], colour[0]);
        }

        var pixels = await TestPicture.PixelsAsync(file);

        TestPicture.AssertColour(pixels, 0.5, 0.25, TestPicture.Red);
        TestPicture.AssertColour(pixels, 0.5, 0.75, TestPicture.Blue);
    }

    [Fact]
    public async Task PrepareAsync_BmpWithBitFields565_ComesOutInItsColours()
    {
        var file = BmpFile.Header(128, 96, 16, compression: 3, tableBytes: 12, 128 * 96 * 2);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(54), 0xF800);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(58), 0x07E0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(62), 0x001F);
        var orange = (ushort)((230 >> 3 << 11) | (120 >> 2 << 5) | (30 >> 3));
        for (var i = 0; i < 128 * 96; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(66 + (i * 2)), orange);
        }

        TestPicture.AssertColour(await TestPicture.PixelsAsync(file), 0.5, 0.5, [230, 120, 30], tolerance: 10);
    }

    [Fact]
    public async Task PrepareAsync_BmpWithRunLengths_IsRejectedWithAWayOut()
    {
        var rejected = await TestPicture.RejectedAsync(BmpFile.Header(128, 96, 8, compression: 1, tableBytes: 1024, 5000), "corrupt");
        Assert.Contains("compression 1", rejected.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrepareAsync_BmpOfHugeSize_IsRejectedFromItsHeader()
    {
        await TestPicture.RejectedAsync(BmpFile.Header(30000, 30000, 24, compression: 0, tableBytes: 0, 100), "too-many-pixels");
        await TestPicture.RejectedAsync(BmpFile.Header(int.MaxValue, int.MinValue, 24, compression: 0, tableBytes: 0, 100), "corrupt");
    }

    [Fact]
    public Task PrepareAsync_BmpCutInHalf_IsRejectedAsTruncated()
    {
        var file = BmpFile.Rgb24(TestPicture.Quadrants(128, 128));
        return TestPicture.RejectedAsync(file[..(file.Length / 2)], "truncated");
    }

    private static void SetPalette(byte[] file, int index, byte[] colour) =>
        (file[54 + (index * 4)], file[55 + (index * 4)], file[56 + (index * 4)]) = (colour[2], colour[1], colour[0]);
}
