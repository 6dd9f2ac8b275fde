using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Labels;
using BlobCaptioner.Tests.Images;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>The pictures that the sample model is trained and measured on.</summary>
public sealed class DrawingTests
{
    private static readonly Subject s_mug = new(Kind.Mug, ProductColor.Red, Pattern.Plain, Material.Ceramic);

    [Fact]
    public void Draw_SameSeed_GivesTheSameBytes()
    {
        foreach (var label in DrawnLabels.All.Where((_, i) => i % 97 == 0).Concat(DrawnLabels.All.TakeLast(3)))
        {
            var first = Draw(7, label).Image.Rgb.ToArray();
            Assert.Equal(first, Draw(7, label).Image.Rgb.ToArray());
            Assert.NotEqual(first, Draw(8, label).Image.Rgb.ToArray());
        }
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(128, 128)]
    [InlineData(160, 224)]
    [InlineData(320, 112)]
    [InlineData(96, 800)]
    [InlineData(147, 155)]
    public void Draw_Size_IsTheOneAskedFor(int width, int height)
    {
        foreach (var label in DrawnLabels.All.Take(1).Concat(DrawnLabels.All.TakeLast(3)))
        {
            var (image, drawn) = PictureDrawer.Draw(new Random(3), width, height, label);
            Assert.Equal((width, height, 3 * width * height), (image.Width, image.Height, image.Rgb.Length));
            Assert.Equal(label, drawn);
        }
    }

    [Fact]
    public void Draw_OtherProperties_LookOtherwise()
    {
        var mug = new PictureLabel { Product = s_mug };
        var others = Enum.GetValues<Kind>().Select(k => s_mug with { Kind = k })
            .Concat(Enum.GetValues<ProductColor>().Select(c => s_mug with { Color = c }))
            .Concat(Enum.GetValues<Pattern>().Select(p => s_mug with { Pattern = p }))
            .Concat(Enum.GetValues<Material>().Select(m => s_mug with { Material = m }))
            .Distinct()
            .Select(s => new PictureLabel { Product = s })
            .Append(mug with { IsBusy = true })
            .Select(l => Convert.ToHexString(Draw(5, l).Image.Rgb.Span))
            .ToList();
        Assert.Equal(others.Count, others.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Draw_LabelWithoutAnything_IsRefused() => Assert.Throws<ArgumentException>(() => Draw(1, new PictureLabel()));

    [Fact]
    public void Draw_Trained_HasNoHeldOutProductAndSomePicturesWithoutAny()
    {
        var random = new Random(11);
        var labels = Enumerable.Range(0, 600).Select(_ => PictureDrawer.Draw(random, 32, 32, heldOut: false).Label).ToList();
        Assert.DoesNotContain(labels, l => l.Product is { IsHeldOut: true });
        Assert.Equal(3, labels.Where(l => l.Product is null).Select(l => l.NonProduct).Distinct().Count());
        Assert.InRange(labels.Count(l => l.Product is null), 20, 70);
        Assert.InRange(labels.Count(l => l.IsBusy), 200, 400);
        Assert.All(labels, l => Assert.True(l.Product is null != l.NonProduct is null));
    }

    [Fact]
    public void Draw_HeldOut_HasHeldOutProductsOnly()
    {
        var random = new Random(12);
        Assert.All(Enumerable.Range(0, 200), _ => Assert.True(PictureDrawer.Draw(random, 32, 32, heldOut: true).Label.Product?.IsHeldOut));
    }

    [Theory]
    [InlineData("jpg")]
    [InlineData("png")]
    public async Task Draw_RedGreenAndBlueBalls_AreStillThatAfterIntake(string format)
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        ProductColor[] colors = [ProductColor.Red, ProductColor.Green, ProductColor.Blue];
        for (var channel = 0; channel < 3; channel++)
        {
            var drawing = Draw(21, new PictureLabel { Product = new Subject(Kind.Ball, colors[channel], Pattern.Plain, Material.Plastic) }, 128);
            var file = format == "jpg" ? PictureFiles.ToJpeg(drawing.Image, 80) : PictureFiles.ToPng(drawing.Image);
            var prepared = Assert.IsType<PreparationOutcome.Prepared>(await preparer.PrepareAsync(file, $"ball.{format}", 576, TestContext.Current.CancellationToken));
            var pixels = TestPicture.Pixels(prepared.Jpeg);
            var sums = new long[3];
            var bytes = pixels.Rgb.ToArray();
            for (var i = 0; i < bytes.Length; i++)
            {
                sums[i % 3] += bytes[i];
            }

            Assert.Equal((128, 128), (pixels.Width, pixels.Height));
            Assert.Equal(channel, Array.IndexOf(sums, sums.Max()));
        }
    }

    [Fact]
    public void Draw_PlainBackground_IsLightAndABusyOneIsNotAlways()
    {
        Assert.All(Enumerable.Range(0, 40), seed => Assert.InRange(Corners(seed, isBusy: false).Min(), 110, 255));
        Assert.Contains(Enumerable.Range(0, 40), seed => Corners(seed, isBusy: true).Min() < 90);

        // small in the middle of a wide picture: the outermost columns are background
        static IEnumerable<int> Corners(int seed, bool isBusy)
        {
            var rgb = PictureDrawer.Draw(new Random(seed), 192, 32, new PictureLabel { Product = s_mug, IsBusy = isBusy }).Image.Rgb.ToArray();
            return [Gray(rgb, 0), Gray(rgb, 191), Gray(rgb, 192 * 31), Gray(rgb, (192 * 32) - 1)];
        }

        static int Gray(byte[] rgb, int pixel) => (rgb[3 * pixel] + rgb[(3 * pixel) + 1] + rgb[(3 * pixel) + 2]) / 3;
    }

    [Fact]
    public void At_AnyKind_ShowsEnoughOfItsColour()
    {
        foreach (var kind in Enum.GetValues<Kind>())
        {
            var paints = (from y in Enumerable.Range(0, 100) from x in Enumerable.Range(0, 100) select Silhouettes.At(kind, ((x + 0.5f) / 50) - 1, ((y + 0.5f) / 50) - 1)).ToList();
            Assert.InRange(paints.Count(p => p == Paint.Main), 2_000, 8_500);
            Assert.Equal(Paint.None, Silhouettes.At(kind, 1.01f, 0));
        }
    }

    private static DrawnPicture Draw(int seed, PictureLabel label, int side = 64) => PictureDrawer.Draw(new Random(seed), side, side, label);
}
