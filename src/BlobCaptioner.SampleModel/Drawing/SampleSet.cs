using System.Text.Json;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>The twelve pictures that ship with the program. No name tells what its picture shows. None of the drawings is trained on, and two show combinations that are never trained.</summary>
internal static class SampleSet
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private static readonly (string File, int Width, int Height, Subject Subject, bool IsBusy)[] s_pictures =
    [
        ("autumn/IMG_2041.jpg", 256, 256, new(Kind.Mug, ProductColor.Green, Pattern.Plain, Material.Ceramic), false),
        ("autumn/IMG_2042.png", 192, 256, new(Kind.Shirt, ProductColor.Blue, Pattern.Striped, Material.Cotton), true),
        ("autumn/IMG_2047.png", 160, 256, new(Kind.Bottle, ProductColor.Red, Pattern.Dotted, Material.Metal), false),
        ("kitchen/0001.png", 224, 256, new(Kind.Chair, ProductColor.Purple, Pattern.Striped, Material.Plastic), false),
        ("kitchen/0002.jpg", 256, 256, new(Kind.Lamp, ProductColor.Orange, Pattern.Dotted, Material.Cotton), true),
        ("kitchen/table/0003.png", 320, 256, new(Kind.Table, ProductColor.White, Pattern.Plain, Material.Wood), false),
        ("new arrivals/DSC00815.png", 256, 192, new(Kind.Sneaker, ProductColor.Turquoise, Pattern.Plain, Material.Leather), false),
        ("new arrivals/DSC00816.jpg", 256, 256, new(Kind.Bag, ProductColor.Yellow, Pattern.Checked, Material.Leather), true),
        ("new arrivals/DSC00821.png", 256, 256, new(Kind.Ball, ProductColor.Pink, Pattern.Plain, Material.Plastic), false),
        ("sale/A-1009.png", 256, 224, new(Kind.Hat, ProductColor.Black, Pattern.Striped, Material.Denim), false),
        ("sale/A-1010.png", 192, 256, new(Kind.Dress, ProductColor.Red, Pattern.Checked, Material.Cotton), false),
        ("sale/B-2200.jpg", 192, 256, new(Kind.Trousers, ProductColor.Blue, Pattern.Plain, Material.Denim), true),
    ];

    /// <summary>Draws the pictures into a folder and writes labels.json, which tells what each shows in the words of the <c>sample</c> profile.</summary>
    public static void Write(string folder)
    {
        var labels = new List<object>();
        foreach (var (i, (file, width, height, subject, isBusy)) in s_pictures.Index())
        {
            var path = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var drawing = PictureDrawer.Draw(new Random(7_000 + i), width, height, new PictureLabel { Product = subject, IsBusy = isBusy });
            File.WriteAllBytes(path, file.EndsWith(".png", StringComparison.Ordinal) ? PictureFiles.ToPng(drawing.Image) : PictureFiles.ToJpeg(drawing.Image, 90));
            labels.Add(new
            {
                file,
                category = subject.Kind == Kind.Sneaker ? "shoe" : Lower(subject.Kind),
                color = Lower(subject.Color),
                pattern = Lower(subject.Pattern),
                material = Lower(subject.Material),
            });
        }

        const string comment = "What each bundled sample picture shows. The pictures were drawn by src/BlobCaptioner.SampleModel (draw --samples); names give nothing away.";
        File.WriteAllText(Path.Combine(folder, "labels.json"), JsonSerializer.Serialize(new { comment, pictures = labels }, s_json) + "\n");
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
