using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Labels;
using NetVips;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>Drawn pictures as the files that a shop would upload.</summary>
internal static class PictureFiles
{
    // Most are small and train fast. Some are as large as the model will meet. Some are tall, wide or strips that intake pads.
    private static readonly (int Width, int Height, int Share)[] s_sizes =
    [
        (128, 128, 24), (160, 160, 20), (192, 192, 14), (256, 256, 8), (320, 320, 3), (448, 448, 1),
        (128, 192, 6), (192, 128, 6), (160, 224, 4), (224, 160, 4), (128, 256, 3), (256, 128, 3), (112, 320, 1), (320, 112, 1), (96, 800, 1), (800, 96, 1),
    ];

    /// <summary>Draws picture <paramref name="index"/> of a seed: its file, the file's name and its label.</summary>
    /// <param name="seed">The set of pictures: 1 is the training set.</param>
    /// <param name="index">From 0. Each picture depends on the seed and its index only.</param>
    /// <param name="heldOut">True for products that are never trained.</param>
    public static (string Name, byte[] File, PictureLabel Label) Draw(int seed, int index, bool heldOut)
    {
        var random = RandomOf(seed, index);
        var (width, height) = DrawSize(random);
        var drawing = PictureDrawer.Draw(random, width, height, heldOut);
        var isPng = random.Next(4) == 0;
        var quality = random.Next(60, 96);
        return isPng ? ($"{index:D6}.png", ToPng(drawing.Image), drawing.Label) : ($"{index:D6}.jpg", ToJpeg(drawing.Image, quality), drawing.Label);
    }

    /// <summary>
    /// The random numbers of one picture. SplitMix64 (Steele, Lea and Flood, 2014) mixes seed and index: with seeds in a row, <see cref="Random"/> gives first numbers that
    /// correlate, and a third of the pictures showed trousers. System.HashCode differs from process to process.
    /// </summary>
    public static Random RandomOf(int seed, int index)
    {
        var mixed = unchecked((((ulong)(uint)seed << 32) | (uint)index) + 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return new Random(unchecked((int)(mixed ^ (mixed >> 31))));
    }

    /// <summary>A random size in pixels. One in three is a little larger than a usual size, so that intake scales it.</summary>
    public static (int Width, int Height) DrawSize(Random random)
    {
        var left = random.Next(s_sizes.Sum(s => s.Share));
        var (width, height, _) = s_sizes.First(s => (left -= s.Share) < 0);
        return random.Next(3) > 0 ? (width, height) : (width + random.Next(28), height + random.Next(28));
    }

    /// <summary>Encodes as JPEG.</summary>
    /// <param name="image">The pixels.</param>
    /// <param name="quality">1 to 100.</param>
    public static byte[] ToJpeg(PixelImage image, int quality)
    {
        using var opened = Open(image);
        return opened.JpegsaveBuffer(q: quality);
    }

    /// <summary>Encodes as PNG.</summary>
    public static byte[] ToPng(PixelImage image)
    {
        using var opened = Open(image);
        return opened.PngsaveBuffer();
    }

    private static Image Open(PixelImage image)
    {
        using var raw = Image.NewFromMemory(image.Rgb, image.Width, image.Height, 3, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
