using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Drawing;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>Drawn pictures that have gone the way of real ones: encoded as JPEG or PNG, then prepared by intake's own <see cref="ImagePreparer"/>.</summary>
internal static class PicturePool
{
    private const int TokenBudget = 576;

    /// <summary>Draws pictures. Number i depends on the seed and i only.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Which.</param>
    /// <param name="heldOut">True for combinations that are never trained.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<TrainingPicture[]> DrawAsync(int count, int seed, bool heldOut, CancellationToken cancellationToken)
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        var pictures = new TrainingPicture[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, async (i, cancel) =>
        {
            var (drawing, file, name) = DrawFile(seed, i, heldOut);
            var outcome = await preparer.PrepareAsync(file, name, TokenBudget, cancel);
            var prepared = outcome as PreparationOutcome.Prepared ?? throw new InvalidOperationException($"Intake rejects {name}: {outcome}.");
            var pixels = PreparedJpeg.Decode(new PreparedImage { Name = name, Jpeg = prepared.Jpeg });
            pictures[i] = new TrainingPicture(pixels.Width, pixels.Height, pixels.Rgb.ToArray(), drawing.Label);
        });
        return pictures;
    }

    /// <summary>The file of number i, as it would be uploaded.</summary>
    public static (DrawnPicture Drawing, byte[] File, string Name) DrawFile(int seed, int i, bool heldOut)
    {
        var random = RandomOf(seed, i);
        var (width, height) = PictureSizes.Draw(random);
        var drawing = PictureDrawer.Draw(random, width, height, heldOut);
        var isPng = random.Next(4) == 0;
        var quality = random.Next(60, 96);
        return isPng ? (drawing, PictureFiles.ToPng(drawing), $"{i:D6}.png") : (drawing, PictureFiles.ToJpeg(drawing, quality), $"{i:D6}.jpg");
    }

    /// <summary>
    /// What picture i of a seed is drawn from, mixed by SplitMix64 (Steele, Lea and Flood, 2014): seeds that follow a line give <see cref="Random"/> first numbers that follow
    /// a line too, and a third of the pictures showed trousers. System.HashCode differs from process to process.
    /// </summary>
    public static Random RandomOf(int seed, int i)
    {
        var mixed = unchecked((((ulong)(uint)seed << 32) | (uint)i) + 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return new Random(unchecked((int)(mixed ^ (mixed >> 31))));
    }
}
