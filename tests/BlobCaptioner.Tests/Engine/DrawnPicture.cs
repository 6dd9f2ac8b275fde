using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.Tests.Engine;

/// <summary>Pictures by the sample model's own drawer.</summary>
internal static class DrawnPicture
{
    /// <summary>A plain red bottle on a light background.</summary>
    public static PixelImage RedBottle(int width = 128, int height = 128) => Draw(width, height, new Subject(Kind.Bottle, ProductColor.Red, Pattern.Plain, Material.Plastic));

    /// <summary>A plain blue lamp on a light background.</summary>
    public static PixelImage BlueLamp(int width = 128, int height = 128) => Draw(width, height, new Subject(Kind.Lamp, ProductColor.Blue, Pattern.Plain, Material.Metal));

    private static PixelImage Draw(int width, int height, Subject subject) => PictureDrawer.Draw(new Random(11), width, height, new PictureLabel { Product = subject }).Image;
}
