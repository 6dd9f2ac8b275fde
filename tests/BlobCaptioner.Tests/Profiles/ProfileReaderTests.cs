using System.Text;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

public sealed class ProfileReaderTests
{
    private const string Title = """{"name": "title", "kind": "text"}""";

    [Fact]
    public void Read_EveryProperty_IsTaken()
    {
        var profile = Read("""
            // a comment, and commas too many
            {
              "$schema": "profile.schema.json", "name": "spring-sale", "comment": "why", "tone": "warm", "audience": "parents", "use": ["soft"], "avoid": ["cheap"],
              "languages": ["de", {"tag": "PT-br", "fields": ["title"]}],
              "vocabularies": {"shade": ["Sand", "Sky"], "tree": {"Apparel": ["Hats", {"Shoes": {"Sneakers": [], "Boots": null}}], "Other": []}},
              "fields": [
                {"name": "shade", "kind": "choices", "values": "@shade", "minItems": 0, "maxItems": 2, "evidence": ["seen", "read"]},
                {"name": "category", "kind": "choice", "values": "@tree", "allowUnknown": false},
                {"name": "brand", "kind": "text", "attribute": true, "maxCharacters": 70},
                {"name": "weight", "kind": "number", "evidence": []},
                {"name": "title", "kind": "text", "maxCharacters": 90, "advisedCharacters": 60, "instruction": "Short.", "comment": "https://example.com", "perView": true},
                {"name": "bullets", "kind": "text-list", "minItems": 2, "maxItems": 3},
              ],
              "confidenceThreshold": 0.25, "grouping": "folder", "imageTokenBudget": 64,
              "sampling": {"temperature": 0.2, "topP": 0.5, "topK": 3, "presencePenalty": 0.1, "seed": 7},
            }
            """);
        Assert.Equal(("spring-sale", "why", "warm", "parents"), (profile.Name, profile.Comment, profile.Tone, profile.Audience));
        Assert.Equal(["soft", "cheap"], profile.Use.Concat(profile.Avoid));
        Assert.Equal(["de", "pt-BR"], profile.Languages.Select(l => l.Tag));
        Assert.Equal(["title"], profile.Languages[1].Fields!);
        Assert.Equal(["Sand", "Sky"], profile.Fields[0].Values);
        Assert.Equal([Evidence.Seen, Evidence.Read], profile.Fields[0].Evidence);
        Assert.Equal(["Apparel > Hats", "Apparel > Shoes > Sneakers", "Apparel > Shoes > Boots", "Other"], profile.Fields[1].Values);
        Assert.True(profile.Fields[1] is { IsAttribute: true, AllowUnknown: false });
        Assert.True(profile.Fields[2] is { IsAttribute: true, Evidence: [Evidence.Read] });
        Assert.True(profile.Fields[3] is { IsAttribute: true, Kind: FieldKind.Number, Evidence: [] });
        Assert.True(profile.Fields[4] is { IsAttribute: false, MaxCharacters: 90, AdvisedCharacters: 60, PerView: true, Instruction: "Short.", Comment: "https://example.com" });
        Assert.True(profile.Fields[5] is { Kind: FieldKind.TextList, MinItems: 2, MaxItems: 3 });
        Assert.Equal((0.25, ProfileGrouping.Folder, 64), (profile.ConfidenceThreshold, profile.Grouping, profile.ImageTokenBudget));
        Assert.Equal(new SamplingOptions { Temperature = 0.2f, TopP = 0.5f, TopK = 3, PresencePenalty = 0.1f, Seed = 7 }, profile.Sampling);
    }

    [Theory]
    [InlineData("""{"fields": [{"name": "t", "kind": "txt"}]}""", "p.json: $.fields[0].kind: 'txt' is not one of text, text-list, choice, choices, number, yes-no")]
    [InlineData("""{"feilds": []}""", "$.feilds: 'feilds' is unknown; did you mean 'fields'?")]
    [InlineData("""{"fields": [{"name": "t", "kind": "text", "maxChars": 5}]}""", "'maxChars' is unknown; did you mean 'max")]
    [InlineData("""{"extends": "defualt"}""", "$.extends: 'defualt' is not one of default, alt-text, google-merchant")]
    [InlineData("""{"extends": "default", "profile": "default"}""", "exclude each other")]
    [InlineData("""{"name": "x"}""", "'fields' is missing")]
    [InlineData("""{"name": "X y", "extends": "default"}""", "$.name: 'X y' does not match")]
    [InlineData("""{"extends": "default", "sampling": {"temperature": 3}}""", "$.sampling.temperature: '3' is outside 0 to 2")]
    [InlineData("""{"extends": "default", "imageTokenBudget": 7}""", "$.imageTokenBudget: '7' is outside 8 to 4096")]
    [InlineData("""{"extends": "default", "imageTokenBudget": 70.5}""", "is not a whole number of 8 to 4096")]
    [InlineData("""{"extends": "default", "tone": null}""", "$.tone: 'null' is not a text")]
    [InlineData("""{"extends": "default", "tone": "a", "tone": "b"}""", "tone")]
    [InlineData("""{"extends": "default", "languages": ["deutsch!"]}""", "$.languages[0]: 'deutsch!' is not a BCP 47 language tag")]
    [InlineData("""{"extends": "default", "languages": ["de", "DE"]}""", "$.languages: 'de' is there 2 times")]
    [InlineData("""{"extends": "default", "languages": [{"tag": "de", "fields": ["color"]}]}""", "$.languages[0].fields: 'color' is not a copy field of the profile; there are title, bullets")]
    [InlineData("""{"extends": "default", "languages": [{"fields": ["title"]}]}""", "$.languages[0].tag: 'tag' is missing")]
    [InlineData("""{"fields": [{"name": "brand", "kind": "text", "attribute": true, "evidence": ["seen"]}]}""", "$.fields[0].evidence: 'seen' is not allowed for 'brand'")]
    [InlineData("""{"fields": [{"name": "shoe_size", "kind": "choice", "values": ["1"], "evidence": ["seen", "read"]}]}""", "'seen' is not allowed for 'shoe_size'")]
    [InlineData("""{"fields": [{"name": "a", "kind": "text", "maxCharacters": 5, "advisedCharacters": 6}]}""", "$.fields[0].advisedCharacters: '6' is more than maxCharacters, 5")]
    [InlineData("""{"fields": [{"name": "a", "kind": "text"}, {"name": "a", "kind": "text"}]}""", "$.fields[1].name: 'a' is the name of $.fields[0] too")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice"}]}""", "$.fields[0].values: a choice needs at least one value")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice", "values": ["x", "X"]}]}""", "'x' is there 2 times")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice", "values": ["unknown"]}]}""", "'unknown' is an answer already")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice", "values": "@shade"}]}""", "'@shade' is not one of @")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice", "values": ["x", 3]}]}""", "$.fields[0].values[1]: 3 is neither a text")]
    [InlineData("""{"fields": [{"name": "a", "kind": "text", "values": ["x"]}]}""", "$.fields[0].values: a text has no values")]
    [InlineData("""{"fields": [{"name": "a", "kind": "choice", "values": ["x"], "attribute": false}]}""", "a choice can't be copy")]
    [InlineData("""{"fields": [{"name": "a", "kind": "text", "evidence": ["read"]}]}""", "only attributes have evidence")]
    [InlineData("""{"fields": [{"name": "a", "kind": "text-list", "minItems": 3, "maxItems": 2}]}""", "$.fields[0].minItems: '3' is more than maxItems, 2")]
    [InlineData("""{"fields": [{"name": "mark", "kind": "number"}, {"name": "mark_from", "kind": "text"}]}""", "'mark_from' is the key of the evidence of 'mark'")]
    [InlineData("""{"extends": "default", "use": ["nice"], "avoid": ["Nice"]}""", "'Nice' is among the words to use too")]
    [InlineData("""{"extends": "alt-text", "grouping": "sku"}""", "needs a field without perView")]
    [InlineData("""{"extends": "default", "fields": [{"name": "nope", "remove": true}]}""", "no field 'nope' to remove; there are is_product")]
    [InlineData("""{"extends": "default", "fields": [{"name": "nope"}]}""", "$.fields[0]: 'kind' is missing")]
    [InlineData("[]", "p.json: $: ")]
    [InlineData("{\"name\": \"\\ud800\"}", "p.json: ")]
    [InlineData("", "p.json: is not valid JSON")]
    public void Read_WrongFile_NamesPathValueAndWhatIsAllowed(string json, string problem) =>
        Assert.Contains(problem, Assert.Throws<ProfileException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_SeveralProblems_NamesAll()
    {
        var error = Assert.Throws<ProfileException>(() => Read("""{"tone": 1, "fields": [{"name": "A", "kind": "text"}, {"kind": "x"}]}"""));
        Assert.True(error.Problems.Count >= 4, error.Message);
        Assert.All(error.Problems, p => Assert.StartsWith("p.json: $", p, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_Extends_ReplacesTextsAndListsAndMergesFields()
    {
        var profile = Read("""
            {"extends": "shopify", "tone": "bold", "use": ["new"],
             "fields": [{"name": "title", "maxCharacters": 40}, {"name": "keywords", "remove": true}, {"name": "fit", "kind": "choice", "values": ["slim", "wide"]}]}
            """);
        var (title, before) = (profile.Fields.Single(f => f.Name == "title"), BuiltInProfiles.Get("shopify"));
        Assert.Equal("p", profile.Name);
        Assert.Equal((40, null), (title.MaxCharacters, title.AdvisedCharacters));
        Assert.Equal(before.Fields.Single(f => f.Name == "title").Instruction, title.Instruction);
        Assert.DoesNotContain(profile.Fields, f => f.Name == "keywords");
        Assert.Equal("fit", profile.Fields[^1].Name);
        Assert.Equal(before.Fields.Count, profile.Fields.Count);
        Assert.Contains("Tone: bold.", profile.System, StringComparison.Ordinal);
        Assert.DoesNotContain("keywords", profile.Instruction, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OwnInstruction_StaysVerbatimAndWithoutSystemText()
    {
        var profile = Read($$"""{"instruction": "Describe this.\n", "tone": "x", "fields": [{{Title}}]}""");
        Assert.Equal(("Describe this.\n", "", true), (profile.Instruction, profile.System, profile.HasInstruction));
        Assert.True(Read($$"""{"extends": "sample", "instruction": "", "fields": [{{Title}}]}""") is { HasInstruction: false, Instruction.Length: > 0, System.Length: > 0 });
    }

    [Fact]
    public void Instruction_Composed_FollowsFieldsToneAndLanguages()
    {
        var profile = Read($$"""{"fields": [{"name": "alt_text", "kind": "text", "perView": true}, {{Title}}], "languages": ["de", {"tag": "zh-Hant", "fields": ["title"]}, "xx"]}""");
        Assert.Contains("German (de), Chinese, traditional (zh-Hant), xx", profile.Instruction, StringComparison.Ordinal);
        Assert.Contains("- alt_text (up to 150 characters) (only de, xx)", profile.Instruction, StringComparison.Ordinal);
        Assert.DoesNotContain("title", profile.ForView().Instruction, StringComparison.Ordinal);
        Assert.DoesNotContain("alt_text", profile.ForProduct().Instruction, StringComparison.Ordinal);
        Assert.Distinct((string[])[profile.Version, profile.ForView().Version, profile.ForProduct().Version, (profile with { Tone = "dry" }).Version]);
        Assert.Equal(profile.Version, (profile with { Comment = "other" }).Version);
    }

    [Fact]
    public void Read_AnyBytes_IsAProfileOrItsOwnError()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ":", ",", "\"name\"", "\"fields\"", "\"kind\"", "\"choice\"", "\"values\"", "\"@color\"", "\"text\"", "\"extends\"", "\"default\"", "\"a\"", "\"languages\"",
            "\"tag\"", "\"de\"", "null", "true", "1", "-1e999", "123456789012345678901234567890", "\"\\ud800\"", "\"2024-01-01T00:00:00Z\"", "\"sampling\"", "\"seed\"", "//x\n", "\"a.b['c\"",
        ];
        string[] values = ["null", "1", "-1e999", "0.5", "\"x\"", "[]", "{}", "[[]]", "[\"a\",1]", "{\"a\":{\"b\":[null]}}", "true", "\"\\u0000\"", "12345678901234567890123", "\"@color\"", "[{\"name\":\"a\",\"kind\":\"choice\",\"values\":{\"a\":1}}]"];
        string[] keys = ["name", "comment", "languages", "vocabularies", "fields", "sampling", "grouping", "use", "imageTokenBudget", "confidenceThreshold", "x", "a.b['c", "instruction"];
        var soup = Gen.Elements(pieces).ListOf().Select(p => Encoding.UTF8.GetBytes(string.Concat(p)));
        var pairs = from key in Gen.Elements(keys) from value in Gen.Elements(values) select $"\"{key}\": {value}";
        var objects = pairs.ListOf().Select(p => Encoding.UTF8.GetBytes("{\"extends\": \"sample\", " + string.Join(", ", p) + "}"));
        var bytes = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();
        Prop.ForAll(Gen.OneOf(soup, objects, bytes).ToArbitrary(), content =>
        {
            try
            {
                _ = ProfileReader.Read(content, "p.json").Version;
            }
            catch (ProfileException error)
            {
                Assert.NotEmpty(error.Problems);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static Profile Read(string json) => ProfileReader.Read(Encoding.UTF8.GetBytes(json), "p.json");
}
