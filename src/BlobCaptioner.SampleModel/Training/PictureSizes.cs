namespace BlobCaptioner.SampleModel.Training;

/// <summary>Sizes of drawn files: most small, since those train fast; some as large as the model will meet, some tall, wide or strips that intake pads.</summary>
internal static class PictureSizes
{
    private static readonly (int Width, int Height, int Share)[] s_sizes =
    [
        (128, 128, 24), (160, 160, 20), (192, 192, 14), (256, 256, 8), (320, 320, 3), (448, 448, 1),
        (128, 192, 6), (192, 128, 6), (160, 224, 4), (224, 160, 4), (128, 256, 3), (256, 128, 3), (112, 320, 1), (320, 112, 1), (96, 800, 1), (800, 96, 1),
    ];

    /// <summary>A random size; one in three a little off, so that intake scales it.</summary>
    public static (int Width, int Height) Draw(Random random)
    {
        var left = random.Next(s_sizes.Sum(s => s.Share));
        var (width, height, _) = s_sizes.First(s => (left -= s.Share) < 0);
        return random.Next(3) > 0 ? (width, height) : (width + random.Next(28), height + random.Next(28));
    }
}
