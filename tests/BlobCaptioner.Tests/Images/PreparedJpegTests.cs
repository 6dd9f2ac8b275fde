using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class PreparedJpegTests
{
    [Fact]
    public void Decode_PreparedJpeg_GivesItsPixelsRowByRow()
    {
        var pixels = TestPicture.Pixels(TestPicture.Quadrants(160, 96).JpegsaveBuffer(q: 95));
        Assert.Equal((160, 96, 160 * 96 * 3), (pixels.Width, pixels.Height, pixels.Rgb.Length));
        TestPicture.AssertQuadrants(pixels);
    }

    [Fact]
    public void Decode_NotAWholeJpeg_SaysWhichAndWhy()
    {
        var picture = TestPicture.Quadrants(160, 96);
        foreach (var file in (ReadOnlyMemory<byte>[])[picture.JpegsaveBuffer().AsMemory(0, 300), new byte[30], picture.PngsaveBuffer()])
        {
            Assert.Contains("'shop/picture.jpg' is not a readable JPEG", Assert.Throws<InvalidDataException>(() => TestPicture.Pixels(file)).Message, StringComparison.Ordinal);
        }
    }
}
