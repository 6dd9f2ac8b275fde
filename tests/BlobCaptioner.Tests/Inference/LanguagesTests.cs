using System.Text;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference;

/// <summary>Languages as forks of one picture, on a decoder that fails the test on a wrong position or a leak.</summary>
public sealed class LanguagesTests
{
    private static readonly ProfileField Kind = Category with { IsAttribute = true, AllowUnknown = false };

    private static readonly ProfileField Bullets = new() { Name = "bullets", Kind = FieldKind.TextList, MinItems = 1, MaxItems = 4, MaxCharacters = 40 };

    private static readonly Profile Profile = ProfileOf(Kind, Title, Bullets) with { Languages = [new("en"), new("de"), new("zh")] };

    private static string Answer(int picture, string language) => language switch
    {
        "de" => $"\"de\":{{\"title\":\"Bild Nummer {picture}\",\"bullets\":[\"fein\",\"rund und {picture} cm\"]}}",
        "zh" => $"\"zh\":{{\"title\":\"图片号码红色杯子\",\"bullets\":[\"红色马克杯\"]}}",
        _ => $"\"en\":{{\"title\":\"picture number {picture}\",\"bullets\":[\"fine\",\"round\",\"{picture} cm wide\"]}}",
    };

    /// <summary>Writes what it began: the trunk, then the language whose key stands in the answer.</summary>
    private static ScriptedDecoder NewDecoder(int contextTokens = 100_000, bool withTrunk = true)
    {
        var decoder = new ScriptedDecoder(Words, contextTokens: contextTokens);
        decoder.Model = (picture, answer, logits) =>
        {
            var trunk = withTrunk ? $"{{\"category\":\"{Category.Values[picture % 3]}\"," : "{";
            string[] texts = [.. ((string[])["en", "de", "zh"]).Select(l => trunk + Answer(picture, l) + "}")];
            var bytes = texts.Select(Encoding.UTF8.GetBytes).FirstOrDefault(t => t.AsSpan().StartsWith(answer) && t.Length > answer.Length);
            logits[bytes is null ? Words.End : decoder.NextToken(bytes, answer.Length)] = 10;
        };
        return decoder;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task Describe_ThreeLanguages_EachHasItsOwnTextsWhateverTheSlots(int slots)
    {
        var decoder = NewDecoder();
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = slots });
        var plan = DecodingPlan.Compile(Profile, decoder);
        var captions = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => engine.Describe(i, plan: plan)));
        for (var i = 0; i < captions.Length; i++)
        {
            Assert.Equal([null, "en", "en", "de", "de", "zh", "zh"], captions[i].Fields.Select(f => f.Language));
            Assert.Equal(
                [Category.Values[i % 3], $"picture number {i}", $"fine, round, {i} cm wide", $"Bild Nummer {i}", $"fein, rund und {i} cm", "图片号码红色杯子", "红色马克杯"],
                captions[i].Fields.Select(f => f.Value));
            Assert.Equal(["fine", "round", $"{i} cm wide"], captions[i].Fields[2].Items!);
            Assert.Empty(captions[i].Flags);
        }

        var end = engine.Batcher.Snapshot();
        Assert.Equal((0, 0), (end.SlotsInUse, end.CellsReserved));
    }

    [Fact]
    public async Task Describe_ThreeLanguages_PictureIsEncodedAndPrefilledOnce()
    {
        var decoder = NewDecoder();
        await using var engine = new ScriptedEngine(decoder);
        await engine.Describe(0, tokens: 9, plan: DecodingPlan.Compile(Profile, decoder));
        Assert.Equal(1, decoder.Encoded);
        Assert.Equal(9, decoder.Calls.Sum(c => c.Slices.Sum(s => s.Count)));
    }

    [Fact]
    public async Task Describe_FreeSlots_LanguagesAreDecodedTogether()
    {
        var decoder = NewDecoder();
        await using var engine = new ScriptedEngine(decoder);
        await engine.Describe(0, plan: DecodingPlan.Compile(Profile, decoder));
        Assert.Contains(decoder.Calls, c => c.Sequences.Length == 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Describe_NoAttributes_BranchesBeginTheAnswer(int slots)
    {
        var decoder = NewDecoder(withTrunk: false);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = slots });
        var caption = await engine.Describe(7, plan: DecodingPlan.Compile(Profile with { Fields = [Title, Bullets] }, decoder));
        Assert.Equal(["picture number 7", "fine, round, 7 cm wide", "Bild Nummer 7", "fein, rund und 7 cm"], caption.Fields.Take(4).Select(f => f.Value));
    }

    [Fact]
    public async Task Describe_LanguageWithItsOwnFieldSet_HasOnlyThese()
    {
        var decoder = NewDecoder();
        await using var engine = new ScriptedEngine(decoder);
        var plan = DecodingPlan.Compile(Profile with { Languages = [new("en"), new("de", ["title"]), new("zh", [])] }, decoder);
        var caption = await engine.Describe(1, plan: plan);
        Assert.Equal(["category", "title", "bullets", "title"], caption.Fields.Select(f => f.Name));
        Assert.Equal("de", caption.Fields[3].Language);
    }

    [Fact]
    public async Task Describe_TooLittleRoomForAll_PicturesArePutBackAndAllEndRight()
    {
        var decoder = NewDecoder(contextTokens: 420);
        var plan = DecodingPlan.Compile(Profile with { Fields = [Kind, Title with { MaxCharacters = 400, AdvisedCharacters = 1 }, Bullets with { AdvisedCharacters = 1, MaxItems = 3 }] }, decoder);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = 8 });
        var captions = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => engine.Describe(i, plan: plan)));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"Bild Nummer {i}"), captions.Select(c => c.Fields.First(f => f.Language == "de").Value));
        Assert.Equal(0, engine.Batcher.Snapshot().CellsReserved);
    }
}
