using NetVips;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>Encodes drawings as the files that a shop would upload.</summary>
internal static class PictureFiles
{
    /// <summary>A JPEG.</summary>
    /// <param name="drawing">The picture.</param>
    /// <param name="quality">1 to 100.</param>
    public static byte[] ToJpeg(DrawnPicture drawing, int quality)
    {
        using var image = Open(drawing);
        return image.JpegsaveBuffer(q: quality);
    }

    /// <summary>A PNG.</summary>
    public static byte[] ToPng(DrawnPicture drawing)
    {
        using var image = Open(drawing);
        return image.PngsaveBuffer();
    }

    private static Image Open(DrawnPicture drawing)
    {
        using var raw = Image.NewFromMemory(drawing.Rgb, drawing.Width, drawing.Height, 3, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
