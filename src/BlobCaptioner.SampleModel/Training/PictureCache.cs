using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>Drawn pictures in a file, so that training again needn't draw again.</summary>
internal static class PictureCache
{
    /// <summary>Reads the file, or draws and writes it. Delete it where drawing changes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="draw">Draws.</param>
    public static async Task<TrainingPicture[]> GetAsync(string path, Func<Task<TrainingPicture[]>> draw)
    {
        if (File.Exists(path))
        {
            return Read(path);
        }

        var pictures = await draw();
        Write(path, pictures);
        return pictures;
    }

    private static void Write(string path, TrainingPicture[] pictures)
    {
        using (var writer = new BinaryWriter(File.Create(path + ".part")))
        {
            writer.Write(pictures.Length);
            foreach (var picture in pictures)
            {
                writer.Write((short)picture.Width);
                writer.Write((short)picture.Height);
                var (product, nothing, isBusy) = (picture.Label.Product, picture.Label.Nothing, picture.Label.IsBusy);
                writer.Write((sbyte)(nothing is { } n ? (int)n : -1));
                writer.Write([(byte?)product?.Kind ?? 0, (byte?)product?.Color ?? 0, (byte?)product?.Pattern ?? 0, (byte?)product?.Material ?? 0, (byte)(isBusy ? 1 : 0)]);
                writer.Write(picture.Rgb);
            }
        }

        File.Move(path + ".part", path);
    }

    private static TrainingPicture[] Read(string path)
    {
        using var reader = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 20));
        var pictures = new TrainingPicture[reader.ReadInt32()];
        for (var i = 0; i < pictures.Length; i++)
        {
            var (width, height) = (reader.ReadInt16(), reader.ReadInt16());
            var label = reader.ReadBytes(6);
            pictures[i] = new TrainingPicture(width, height, reader.ReadBytes(width * height * 3), (sbyte)label[0] >= 0
                ? new PictureLabel { Nothing = (Nothing)label[0] }
                : new PictureLabel { Product = new Subject((Kind)label[1], (ProductColor)label[2], (Pattern)label[3], (Material)label[4]), IsBusy = label[5] == 1 });
        }

        return pictures;
    }
}
