using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Labels;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.Text;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>The pipeline must accept what the sample model is trained to write: allowed values, within limits, in the right language.</summary>
public sealed class ListingTests
{
    private static readonly string[] s_languages = ["en", "de", "zh"];

    public static TheoryData<string> Profiles => [.. BuiltInProfiles.Names];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Write_Attribute_IsOneOfTheFieldsValues(string profile)
    {
        foreach (var field in BuiltInProfiles.Get(profile).Fields.Where(f => f.IsAttribute))
        {
            string[] allowed = [.. field.Values, .. field.Kind == FieldKind.YesNo ? ["yes", "no"] : Array.Empty<string>(), .. field.AllowUnknown ? ["unknown"] : Array.Empty<string>()];
            Assert.All(DrawnLabels.All, label => Assert.Contains(Assert.Single(ListingWriter.Write(field, language: null, label)), allowed));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Write_Copy_KeepsTheFieldsLimits(string profile)
    {
        foreach (var (field, _, values) in Copy(profile))
        {
            if (field.Kind == FieldKind.Text)
            {
                Assert.Single(values);
            }
            else
            {
                Assert.InRange(values.Distinct(StringComparer.OrdinalIgnoreCase).Count(), field.MinItems, field.MaxItems);
                Assert.Equal(values.Count, values.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            }

            // people type keywords that are a few characters longer than advised
            var most = field.AdvisedCharacters is { } advised ? advised + (field.Kind == FieldKind.TextList ? 4 : 0) : field.MaxCharacters;
            Assert.All(values, v => Assert.InRange(v.EnumerateRunes().Count(), 1, most));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Write_Copy_IsWhatThePipelineFindsNothingWrongWith(string profile)
    {
        var rules = s_languages.ToDictionary(l => l, l => TextRules.For(BuiltInProfiles.Get(profile) with { Languages = [new(l)] }, l));
        foreach (var (language, value) in Copy(profile).SelectMany(c => c.Values.Select(v => (c.Language, v))).Distinct())
        {
            Assert.False(rules[language].Script!.IsWrong(value), $"Script: {value}");
            Assert.False(rules[language].Banned.TryFind(value, out _), $"Banned: {value}");
            Assert.False(rules[language].Echo.IsIn(value), $"Echo: {value}");
            Assert.True(Repetition.Find(value) < 0, $"Repetition: {value}");
            Assert.Equal(value, MarkdownText.Clean(value, keepParagraphs: false));
        }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    [InlineData("zh")]
    public void Write_Description_TellsAllProductsApart(string language)
    {
        var descriptions = DrawnLabels.Subjects.Select(s => Write("description", language, s)).ToList();
        Assert.Equal(960, descriptions.Distinct(StringComparer.Ordinal).Count());
        Assert.All(descriptions, d => Assert.EndsWith(language == "zh" ? "。" : ".", d, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_AttributesOfAProduct_TellWhichItIs()
    {
        foreach (var subject in DrawnLabels.Subjects)
        {
            var kind = Enum.GetValues<Kind>().Single(k => KindFacts.CategoryOf(k) == Write("category", null, subject));
            Assert.Equal(
                subject,
                new Subject(kind, Enum.Parse<ProductColor>(Write("color", null, subject)), Enum.Parse<Pattern>(Write("pattern", null, subject)), Enum.Parse<Material>(Write("material", null, subject))));
        }
    }

    [Theory]
    [InlineData(nameof(Kind.Mug), "Red striped mug", "Rote gestreifte Tasse", "红色条纹马克杯")]
    [InlineData(nameof(Kind.Dress), "Red striped dress", "Rotes gestreiftes Kleid", "红色条纹连衣裙")]
    [InlineData(nameof(Kind.Chair), "Red striped chair", "Roter gestreifter Stuhl", "红色条纹椅子")]
    public void Write_Title_HasTheNounsGender(string kind, string english, string german, string chinese)
    {
        var noun = Enum.Parse<Kind>(kind);
        var subject = new Subject(noun, ProductColor.Red, Pattern.Striped, KindFacts.MaterialsOf(noun)[0]);
        Assert.Equal([english, german, chinese], s_languages.Select(l => Write("title", l, subject)));
    }

    [Theory]
    [InlineData("en", "No product", "no product")]
    [InlineData("de", "Kein Produkt", "kein Produkt")]
    [InlineData("zh", "没有商品", "没有商品")]
    public void Write_NoProduct_SaysSo(string language, string title, string words)
    {
        foreach (var label in DrawnLabels.All.Where(l => l.Product is null))
        {
            Assert.Equal([title], ListingWriter.Write(Field("title"), language, label));
            Assert.Contains(words, ListingWriter.Write(Field("description"), language, label)[0], StringComparison.Ordinal);
            Assert.Equal(["no"], ListingWriter.Write(Field("is_product"), language: null, label));
        }
    }

    [Fact]
    public void Write_AFieldOfOnesOwn_IsNamed()
    {
        var field = new ProfileField { Name = "slogan", Kind = FieldKind.Text };
        Assert.All([DrawnLabels.All[0], DrawnLabels.All[^1]], label =>
            Assert.Contains("'slogan'", Assert.Throws<ArgumentException>(() => ListingWriter.Write(field, "en", label)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Answer_AnyQuestion_IsASentenceInItsLanguage()
    {
        foreach (var question in Question.All)
        {
            foreach (var answer in DrawnLabels.All.Select(question.Answer).Distinct(StringComparer.Ordinal))
            {
                Assert.False(ScriptCheck.For(question.Language)!.IsWrong(answer), answer);
                Assert.EndsWith(question.Language == "zh" ? "。" : ".", answer, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Draw_TrainingFacts_AreNeverEmptyAndRepeatWithTheSeed()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var facts = TrainingFacts.Draw(new Random(seed));
            Assert.NotEmpty(facts.Values);
            Assert.All(facts.Values.Values, v => Assert.False(string.IsNullOrWhiteSpace(v)));
            Assert.Equal(facts.Hash, TrainingFacts.Draw(new Random(seed)).Hash);
        }
    }

    /// <summary>All copy of a profile: of every label, in every language.</summary>
    private static IEnumerable<(ProfileField Field, string Language, IReadOnlyList<string> Values)> Copy(string profile) =>
        from field in BuiltInProfiles.Get(profile).Fields
        where !field.IsAttribute
        from language in s_languages
        from label in DrawnLabels.All
        select (field, language, ListingWriter.Write(field, language, label));

    private static string Write(string field, string? language, Subject subject) =>
        Assert.Single(ListingWriter.Write(Field(field), language, new PictureLabel { Product = subject }));

    private static ProfileField Field(string name) => BuiltInProfiles.Default.Fields.Single(f => f.Name == name);
}
