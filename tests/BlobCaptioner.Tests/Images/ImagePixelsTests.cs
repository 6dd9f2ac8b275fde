using BlobCaptioner.Images;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePixelsTests
{
    [Fact]
    public void Decode_PreparedJpeg_GivesItsPixelsRowByRow()
    {
        var pixels = ImagePixels.Decode(TestPicture.Quadrants(160, 96).JpegsaveBuffer(q: 95));
        Assert.Equal((160, 96, 160 * 96 * 3), (pixels.Width, pixels.Height, pixels.Rgb.Length));
        TestPicture.AssertQuadrants(pixels);
    }

    [Fact]
    public void Decode_NotAWholeJpeg_SaysWhatToDo()
    {
        var jpeg = TestPicture.Quadrants(160, 96).JpegsaveBuffer();
        Assert.Contains("prepared again", Assert.Throws<InvalidDataException>(() => ImagePixels.Decode(jpeg.AsMemory(0, 300))).Message, StringComparison.Ordinal);
        Assert.Contains("not a JPEG", Assert.Throws<InvalidDataException>(() => ImagePixels.Decode(new byte[30])).Message, StringComparison.Ordinal);
    }
}
