using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>Drawn pictures as the model sees them: encoded as JPEG or PNG, prepared by intake's <see cref="ImagePreparer"/>, decoded by <see cref="PreparedJpeg"/>.</summary>
internal static class TrainingSet
{
    private const int TokenBudget = 576;

    /// <summary>Reads the pictures from a cache file, or draws and writes them. Delete the file when the drawing changes.</summary>
    /// <param name="path">The cache file.</param>
    /// <param name="count">How many pictures to draw.</param>
    /// <param name="seed">As in <see cref="PictureFiles.Draw"/>.</param>
    /// <param name="cancellationToken">Stops the drawing.</param>
    public static async Task<DrawnPicture[]> ReadOrDrawAsync(string path, int count, int seed, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return Read(path);
        }

        var pictures = await DrawAsync(count, seed, cancellationToken);
        Write(path, pictures);
        return pictures;
    }

    /// <summary>Draws pictures of combinations that are trained.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">As in <see cref="PictureFiles.Draw"/>.</param>
    /// <param name="cancellationToken">Stops the drawing.</param>
    /// <exception cref="InvalidOperationException">Intake rejects a picture.</exception>
    public static async Task<DrawnPicture[]> DrawAsync(int count, int seed, CancellationToken cancellationToken)
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        var pictures = new DrawnPicture[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, async (i, cancel) =>
        {
            var (name, file, label) = PictureFiles.Draw(seed, i, heldOut: false);
            var outcome = await preparer.PrepareAsync(file, name, TokenBudget, cancel);
            var prepared = outcome as PreparationOutcome.Prepared ?? throw new InvalidOperationException($"Intake rejects {name}: {outcome}.");
            pictures[i] = new DrawnPicture(PreparedJpeg.Decode(new PreparedImage { Name = name, Jpeg = prepared.Jpeg }), label);
        });
        return pictures;
    }

    private static void Write(string path, DrawnPicture[] pictures)
    {
        using (var writer = new BinaryWriter(File.Create(path + ".part")))
        {
            writer.Write(pictures.Length);
            foreach (var (image, label) in pictures)
            {
                writer.Write((short)image.Width);
                writer.Write((short)image.Height);
                writer.Write((sbyte)(label.NonProduct is { } n ? (int)n : -1));
                var product = label.Product;
                writer.Write([(byte?)product?.Kind ?? 0, (byte?)product?.Color ?? 0, (byte?)product?.Pattern ?? 0, (byte?)product?.Material ?? 0, (byte)(label.IsBusy ? 1 : 0)]);
                writer.Write(image.Rgb.Span);
            }
        }

        File.Move(path + ".part", path);
    }

    private static DrawnPicture[] Read(string path)
    {
        using var reader = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 20));
        var pictures = new DrawnPicture[reader.ReadInt32()];
        for (var i = 0; i < pictures.Length; i++)
        {
            var (width, height) = (reader.ReadInt16(), reader.ReadInt16());
            var label = reader.ReadBytes(6);
            pictures[i] = new DrawnPicture(new PixelImage { Width = width, Height = height, Rgb = reader.ReadBytes(width * height * 3) }, (sbyte)label[0] >= 0
                ? new PictureLabel { NonProduct = (NonProduct)label[0] }
                : new PictureLabel { Product = new Subject((Kind)label[1], (ProductColor)label[2], (Pattern)label[3], (Material)label[4]), IsBusy = label[5] == 1 });
        }

        return pictures;
    }
}
