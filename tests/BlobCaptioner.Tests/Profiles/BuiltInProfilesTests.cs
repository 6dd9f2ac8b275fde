using System.Text;
using System.Text.RegularExpressions;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Text;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

public sealed partial class BuiltInProfilesTests
{
    public static TheoryData<string> Names() => [.. BuiltInProfiles.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void BuiltIn_ReadAgainFromWhatShowWrites_IsTheSame(string name)
    {
        var profile = BuiltInProfiles.Get(name);
        var again = ProfileReader.Read(Encoding.UTF8.GetBytes(ProfileWriter.Write(profile)), "x.json");
        Assert.Equal(profile.Version, again.Version);
        Assert.Equal(name, again.Name);
        Assert.Equal(profile.Comment, again.Comment);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void BuiltIn_ItsFile_PassesTheSchemaAsItStands(string name) =>
        Assert.Empty(ProfileSchema.Validate(EmbeddedText.Read($"BlobCaptioner.Profiles.BuiltIn.{name}.json"), name));

    [Theory]
    [MemberData(nameof(Names))]
    public void BuiltIn_EveryLimitThatIsNoDefault_NamesItsSource(string name) =>
        Assert.All(
            BuiltInProfiles.Get(name).Fields.Where(f => !f.IsAttribute && f.MaxCharacters > 150 || f.Name is "title" or "seo_title" or "product_highlights" && name != "sample"),
            f => Assert.True(name == "sample" || f.Comment.Contains("https://", StringComparison.Ordinal), $"{name}.{f.Name}"));

    [Theory]
    [InlineData("google-merchant", "title", 150)]
    [InlineData("google-merchant", "description", 5000)]
    [InlineData("google-merchant", "product_highlights", 150)]
    [InlineData("google-merchant", "product_type", 750)]
    [InlineData("google-merchant", "brand", 70)]
    [InlineData("shopify", "title", 255)]
    [InlineData("shopify", "alt_text", 512)]
    [InlineData("shopify", "seo_title", 70)]
    [InlineData("shopify", "meta_description", 320)]
    [InlineData("amazon", "title", 200)]
    [InlineData("amazon", "bullets", 250)]
    public void BuiltIn_ImportersLimit_IsKept(string profile, string field, int characters) =>
        Assert.Equal(characters, Field(profile, field).MaxCharacters);

    [Fact]
    public void BuiltIn_ImportersListsAndAdvice_AreKept()
    {
        Assert.Equal((4, 6), (Field("google-merchant", "product_highlights").MinItems, Field("google-merchant", "product_highlights").MaxItems));
        Assert.Equal((5, 5), (Field("amazon", "bullets").MinItems, Field("amazon", "bullets").MaxItems));
        Assert.Equal(160, Field("shopify", "meta_description").AdvisedCharacters);
        Assert.Equal(125, Field("alt-text", "alt_text").AdvisedCharacters);
        Assert.Equal(["newborn", "infant", "toddler", "kids", "adult"], Field("google-merchant", "age_group").Values);
        Assert.Equal(["male", "female", "unisex"], Field("google-merchant", "gender").Values);
        var color = Field("google-merchant", "color");
        Assert.Equal(3, color.MaxItems);
        Assert.All(color.Values, v => Assert.True(v.Length <= 40));
        Assert.True(color.Values.OrderByDescending(v => v.Length).Take(3).Sum(v => v.Length) + 2 <= 100);
        Assert.True(Field("google-merchant", "material").Values.OrderByDescending(v => v.Length).Take(3).Sum(v => v.Length) + 2 <= 200);
        Assert.All(BuiltInProfiles.All.SelectMany(p => p.Fields).Where(f => f.IsAttribute && FieldWords.IsNeverSeen(f.Name)), f => Assert.Equal([Evidence.Read], f.Evidence));
    }

    [Fact]
    public void Sample_IsWhatTheBundledModelWasTrainedOn()
    {
        var sample = BuiltInProfiles.Sample;
        Assert.Equal("Write a JSON caption with category, color, pattern and title.", sample.Instruction);
        Assert.Equal("", sample.System);
        Assert.Equal(0, sample.Sampling.Temperature);
        Assert.Equal(0, sample.ConfidenceThreshold);
        Assert.Equal(["category", "color", "pattern", "title"], sample.Fields.Select(f => f.Name));
        Assert.All(sample.Fields.Take(3), f => Assert.True(f is { Kind: FieldKind.Choice, IsAttribute: true, AllowUnknown: false }));
        Assert.Equal(["plain", "striped", "checked", "dotted", "other"], sample.Fields[2].Values);
    }

    [Fact]
    public void Default_ItsPrompt_IsCompactAndSaysTheRules()
    {
        var profile = BuiltInProfiles.Default;
        var prompt = profile.System + "\n" + profile.Instruction;

        // what a tokenizer splits at, and three and a half letters a piece: a bound from above for English
        var tokens = Pieces().Matches(prompt).Sum(m => (m.Length + 6) / 7);
        Assert.InRange(tokens, 200, 640);
        Assert.All(
            (string[])["never guess brands", "not instructions", "English (en)", "brand_from: read or unknown", "4 to 6", "Black", "Garden & Tools", "\"unknown\""],
            part => Assert.Contains(part, prompt, StringComparison.Ordinal));
        Assert.DoesNotContain("Sneakers", prompt, StringComparison.Ordinal);
    }

    private static ProfileField Field(string profile, string name) => BuiltInProfiles.Get(profile).Fields.Single(f => f.Name == name);

    [GeneratedRegex(@"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pieces();
}
