using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Labels;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.Tests.Engine;
using BlobCaptioner.Tests.Images;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>
/// The bundled model fills the default profile in three languages, on newly drawn pictures that it was not trained on. The bounds leave room for chance on 60 pictures; the README has the numbers of 1,000.
/// </summary>
public sealed class FullListingTests
{
    private const int Trained = 40;
    private const int Unseen = 12;
    private const int NonProducts = 8;

    private static readonly string[] Languages = ["en", "de", "zh"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_DefaultProfileInThreeLanguages_IsTrueAndWhole()
    {
        var pictures = await DrawAsync();
        await using var model = Load();
        var answers = new Dictionary<string, Caption[]>(StringComparer.Ordinal);
        foreach (var language in Languages)
        {
            var profile = BuiltInProfiles.Default with { Languages = [new(language)] };
            answers[language] = await Task.WhenAll(pictures.Select(p => model.DescribeAsync(p.Image, profile, Cancel)));
        }

        var all = Enumerable.Range(0, pictures.Count).SelectMany(i => Languages.Select(l => (pictures[i].Label, Language: l, Caption: answers[l][i]))).ToList();
        foreach (var field in BuiltInProfiles.Default.Fields.Where(f => f.IsAttribute))
        {
            Assert.True(Share(all.Where(a => a.Label.Product is { IsHeldOut: false }), a => TruthTable.Value(field, a.Label) == Value(a.Caption, field.Name)) >= 0.9, field.Name);
            Assert.True(Share(all.Where(a => a.Label.Product is { IsHeldOut: true }), a => TruthTable.Value(field, a.Label) == Value(a.Caption, field.Name)) >= 0.75, field.Name);
            Assert.True(Share(pictures.Index(), p => Languages.All(l => Value(answers[l][p.Index], field.Name) == Value(answers["en"][p.Index], field.Name))) >= 0.95, field.Name);
        }

        Assert.True(Share(all.Where(a => a.Label.Product is null), a => Value(a.Caption, "is_product") == "no") >= 0.9);

        // what is written says what was seen
        var written = all.Where(a => a.Label.Product is not null).ToList();
        Assert.True(Share(written, a => Value(a.Caption, "title") == Expected(a.Label, a.Caption, a.Language)) >= 0.95, string.Join('\n', written.Select(a => Value(a.Caption, "title"))));
        Assert.True(Share(all, a => a.Caption.Flags.All(f => f.EndsWith("-low-confidence", StringComparison.Ordinal))) >= 0.95, string.Join('\n', all.SelectMany(a => a.Caption.Flags).Distinct()));
        Assert.All(all, a => Assert.All(a.Caption.Fields.Where(f => f.Language is not null), f => Assert.NotEmpty(f.Value)));
    }

    [Fact]
    public async Task Describe_FactsFromTheCatalogue_ChangeNothingThatIsSeen()
    {
        var pictures = (await DrawAsync()).Where(p => p.Label.Product is { IsHeldOut: false }).ToList();
        await using var model = Load();
        var facts = new ProductFacts { Sku = "ZX-4711", Values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["brand"] = "Zorblatt", ["price"] = "17.90", ["supplier"] = "Meier & Sons" } };
        var with = await Task.WhenAll(pictures.Select(p => model.DescribeAsync(new CaptionRequest { Images = [p.Image], Profile = BuiltInProfiles.Default, Facts = facts }, Cancel)));

        foreach (var name in new[] { "category", "color", "pattern", "material" })
        {
            var field = BuiltInProfiles.Default.Fields.Single(f => f.Name == name);
            Assert.True(Share(pictures.Zip(with), p => TruthTable.Value(field, p.First.Label) == Value(p.Second, name)) >= 0.9, name);
        }

        Assert.All(with, c => Assert.Equal(("Zorblatt", Evidence.Supplied), (Value(c, "brand"), c.Fields.Single(f => f.Name == "brand").Evidence)));
    }

    private static double Share<T>(IEnumerable<T> all, Func<T, bool> isRight)
    {
        var answers = all.Select(isRight).ToList();
        return (double)answers.Count(a => a) / answers.Count;
    }

    private static string Value(Caption caption, string field) => caption.Fields.Single(f => f.Name == field).Value;

    /// <summary>The title that goes with the caption's own attributes.</summary>
    private static string Expected(PictureLabel label, Caption caption, string language)
    {
        var title = BuiltInProfiles.Default.Fields.Single(f => f.Name == "title");
        var category = Value(caption, "category");
        var subject = label.Product! with
        {
            Kind = Enum.GetValues<Kind>().FirstOrDefault(k => KindFacts.CategoryOf(k) == category, label.Product.Kind),
            Color = Enum.TryParse<ProductColor>(Value(caption, "color"), out var color) ? color : label.Product.Color,
            Pattern = Enum.TryParse<Pattern>(Value(caption, "pattern"), out var pattern) ? pattern : label.Product.Pattern,
        };
        return ListingWriter.Write(title, language, label with { Product = subject })[0];
    }

    private static async Task<IReadOnlyList<(PreparedImage Image, PictureLabel Label)>> DrawAsync()
    {
        var random = new Random(1);
        var labels = Enumerable.Range(0, Trained).Select(i => new PictureLabel { Product = Subject.Draw(random, heldOut: false), IsBusy = i % 2 == 0 })
            .Concat(Enumerable.Range(0, Unseen).Select(i => new PictureLabel { Product = Subject.Draw(random, heldOut: true), IsBusy = i % 2 == 0 }))
            .Concat(Enumerable.Range(0, NonProducts).Select(i => new PictureLabel { NonProduct = Enum.GetValues<NonProduct>()[i % 3] }));
        (int Width, int Height)[] sizes = [(128, 128), (192, 192), (160, 224), (256, 160), (256, 256)];
        return await Task.WhenAll(labels.ToList().Select((label, i) => PrepareAsync(PictureFiles.RandomOf(77, i), sizes[i % sizes.Length].Width, sizes[i % sizes.Length].Height, label)));
    }

    private static async Task<(PreparedImage Image, PictureLabel Label)> PrepareAsync(Random random, int width, int height, PictureLabel label)
    {
        var name = random.Next().ToString(CultureInfo.InvariantCulture);
        var file = PictureFiles.ToJpeg(PictureDrawer.Draw(random, width, height, label).Image, 85);
        var prepared = await TestPicture.PreparedAsync(file, BuiltInProfiles.Default.ImageTokenBudget);
        return (new PreparedImage { Name = name, Jpeg = prepared.Jpeg }, label);
    }

    private static LocalCaptionModel Load()
    {
        var options = new BatcherOptions { Slots = 8 };
        return new LocalCaptionModel(SampleDecoder.Load(o => o with { MaxSequences = options.Sequences, ContextTokens = 8192 }), options);
    }
}
