using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Plans;

/// <summary>Decoding plans through the whole engine: what a model wants to write, and what comes out.</summary>
public sealed class PlanTests
{
    private static ProfileField Text(string name, int limit) => new() { Name = name, Kind = FieldKind.Text, MaxCharacters = limit };

    private static ProfileField Choice(string name, params string[] values) => new() { Name = name, Kind = FieldKind.Choice, Values = values };

    private static async Task<(Caption Caption, ScriptedDecoder Decoder)> Run(string wants, ScriptedVocabulary vocabulary, params ProfileField[] fields)
    {
        var decoder = new ScriptedDecoder(vocabulary).Writing(_ => wants);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = 1 }, fields);
        return (await engine.Describe(0), decoder);
    }

    [Theory]
    [InlineData("mug")]
    [InlineData("mug cup")]
    [InlineData("mug cup large")]
    [InlineData("mugs")]
    [InlineData("杯")]
    [InlineData("杯子")]
    [InlineData("5\" pot")]
    [InlineData("été")]
    public async Task Choice_ValuesThatBeginAlike_EndsWhereTheModelEnds(string value)
    {
        var escaped = value.Replace("\"", "\\\"", StringComparison.Ordinal);
        var (caption, _) = await Run($"{{\"kind\":\"{escaped}\",\"title\":\"x\"}}", Words, Choice("kind", "mug", "mug cup", "mug cup large", "mugs", "杯", "杯子", "5\" pot", "été"), Title);
        Assert.Equal(value, caption.Fields[0].Value);
        Assert.InRange(caption.Fields[0].Confidence!.Value, 0.99, 1);
        Assert.Equal("x", caption.Fields[1].Value);
    }

    [Fact]
    public async Task Choice_TwoEquallyLikely_ConfidenceIsHalf()
    {
        var decoder = new ScriptedDecoder(Words)
        {
            Model = (_, _, logits) => logits[Words.Piece("mug")] = logits[Words.Piece("lamp")] = 5,
        };
        await using var engine = new ScriptedEngine(decoder, null, Choice("category", "mug", "lamp"));
        var caption = await engine.Describe(0);
        Assert.Equal("mug", caption.Fields[0].Value);
        Assert.Equal(0.5, caption.Fields[0].Confidence!.Value, 6);
    }

    [Fact]
    public async Task Choice_LogitsAreNotNumbers_StillPicksAValue()
    {
        var decoder = new ScriptedDecoder(Words) { Model = (_, _, logits) => logits.AsSpan().Fill(float.NaN) };
        await using var engine = new ScriptedEngine(decoder);
        var caption = await engine.Describe(0);
        Assert.Contains(caption.Fields[0].Value, Category.Values);
        Assert.Equal("", caption.Fields[1].Value);
        Assert.Equal(["title-empty"], caption.Flags);
    }

    [Fact]
    public async Task Literals_AreDecodedInBulkWithTheirOwnTokens()
    {
        var (caption, decoder) = await Run(Answer(0), Words, Category, Title);
        // The branch, then mug with the whole literal up to the title's first token.
        int[] expected = [Words.Piece("mug"), Words.Piece("\",\""), Words.Piece("title"), Words.Piece("\":\"")];
        Assert.Contains(decoder.Calls, c => c.Tokens.Select(t => t.Token).SequenceEqual(expected));
        Assert.Equal(0, caption.Usage.SampledTokens - 6);
    }

    [Theory]
    [InlineData("e\"", "nice")]
    [InlineData("ce\",\"", "nice")]
    [InlineData("nice\"", "nice")]
    public async Task Text_TokenWithTheClosingQuoteInside_PartBeforeItIsTokenizedWithTheLiteral(string closing, string value)
    {
        var vocabulary = new ScriptedVocabulary("{\"", "title", "\":\"", "\",\"", "kind", "mug", closing);
        var (caption, decoder) = await Run($"{{\"title\":\"{value}\",\"kind\":\"mug\"}}", vocabulary, Title, Choice("kind", "mug", "lamp"));
        Assert.Equal([value, "mug"], caption.Fields.Select(f => f.Value));
        Assert.Equal($"{{\"title\":\"{value}\",\"kind\":\"", decoder.CachedAnswers[0]);
        Assert.Equal(vocabulary.Tokenize($"{{\"title\":\"{value}\",\"kind\":\"", parseSpecial: false), AnswerTokens(decoder, vocabulary));
    }

    [Theory]
    [InlineData("a \\\"fine\\\" mug \\u00e9\\uD83D\\uDE00 \\\\ \\/", "a \"fine\" mug é😀 \\ /")]
    [InlineData("élan 杯 😀", "élan 杯 😀")]
    [InlineData("  padded  ", "padded")]
    public async Task Text_EscapesAndCharactersOverTokenBorders_AreDecoded(string written, string value)
    {
        // The vocabulary's other tokens are single bytes, so every escape and character spans tokens.
        var (caption, _) = await Run($"{{\"title\":\"{written}\"}}", new ScriptedVocabulary("\\u", "D83", "E00 "), Title);
        Assert.Equal(value, caption.Fields[0].Value);
        Assert.Empty(caption.Flags);
    }

    [Fact]
    public async Task Text_ModelWantsARawLineBreak_NextBestIsTaken()
    {
        var vocabulary = new ScriptedVocabulary();
        var decoder = new ScriptedDecoder(vocabulary)
        {
            Model = (_, answer, logits) =>
            {
                logits['\n'] = 10;
                logits[0xFF] = 9;
                logits[answer.EndsWithBytes("ok") ? '"' : answer.EndsWithBytes("o") ? 'k' : 'o'] = 8;
            },
        };
        await using var engine = new ScriptedEngine(decoder, null, Title);
        Assert.Equal("ok", (await engine.Describe(0)).Fields[0].Value);
    }

    [Fact]
    public async Task Text_LongerThanItsLimit_IsCutBetweenWordsFlaggedAndTakenOutOfTheCache()
    {
        var (caption, decoder) = await Run("{\"title\":\"red red mug red picture\",\"kind\":\"mug\"}", Words, Text("title", 18), Choice("kind", "mug", "lamp"));
        Assert.Equal("red red mug red", caption.Fields[0].Value);
        Assert.Equal(["title-cut"], caption.Flags);
        // The space after it was in the cache already.
        Assert.Equal("{\"title\":\"red red mug red\",\"kind\":\"", decoder.CachedAnswers[0]);
    }

    [Fact]
    public async Task Text_ExactlyItsLimit_IsNotCut()
    {
        var (caption, _) = await Run("{\"title\":\"red red mug\"}", Words, Text("title", 11));
        Assert.Equal("red red mug", caption.Fields[0].Value);
        Assert.Empty(caption.Flags);
    }

    [Fact]
    public async Task Text_EndOfGeneration_ClosesTheField()
    {
        var (caption, _) = await Run("{\"title\":\"half a", Words, Title, Category);
        Assert.Equal("half a", caption.Fields[0].Value);
        Assert.Contains(caption.Fields[1].Value, Category.Values);
    }

    [Fact]
    public async Task Text_EndOfGenerationInsideAnEscape_DropsTheEscape()
    {
        var (caption, decoder) = await Run("{\"title\":\"half\\uD83D", Words, Title, Category);
        Assert.Equal("half", caption.Fields[0].Value);
        Assert.Equal("{\"title\":\"half\",\"category\":\"", decoder.CachedAnswers[0]);
    }

    [Fact]
    public async Task Text_ModelRepeatsItself_IsCutAfterTheFirstRoundAndFlagged()
    {
        var wants = "{\"title\":\"fine" + string.Concat(Enumerable.Repeat(" red mug", 200)) + "\"}";
        var (caption, _) = await Run(wants, Words, Text("title", 2000));
        Assert.Contains("title-loop", caption.Flags);
        Assert.InRange(caption.Fields[0].Value.Length, 4, 40);
        Assert.InRange(caption.Usage.SampledTokens, 10, 60);
    }

    [Fact]
    public async Task Text_OnlyInvisibleCharacters_EndsAtTheTokenCap()
    {
        // Zero-width spaces and joiners in an order that is no short loop.
        var random = new Random(2);
        var wants = "{\"title\":\"" + string.Concat(Enumerable.Range(0, 500).Select(_ => random.Next(2) == 0 ? "\u200b" : "\u200d"));
        var (caption, _) = await Run(wants, Words, Text("title", 100));
        Assert.Equal(["title-cut"], caption.Flags);
        Assert.InRange(caption.Usage.SampledTokens, 100, 117);
    }

    [Fact]
    public async Task Sampling_SameSeedTwice_SameTextAndAnotherSeedAnother()
    {
        var decoder = new ScriptedDecoder(Words)
        {
            Model = (_, answer, logits) =>
            {
                for (var letter = 'a'; letter <= 'z'; letter++)
                {
                    logits[letter] = 5;
                }

                logits['"'] = answer.Length > 25 ? 20 : -5;
            },
        };
        await using var engine = new ScriptedEngine(decoder, null, Title);
        var sampling = new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1 };
        var texts = await Task.WhenAll(((ulong[])[1, 1, 2]).Select(seed => engine.Describe(0, sampling: sampling, seed: seed)));
        Assert.Equal(texts[0].Fields[0].Value, texts[1].Fields[0].Value);
        Assert.NotEqual(texts[0].Fields[0].Value, texts[2].Fields[0].Value);
    }

    [Theory]
    [MemberData(nameof(BrokenProfiles))]
    public void Compile_BrokenProfile_SaysWhatIsWrong(Profile profile, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => DecodingPlan.Compile(profile, new ScriptedDecoder(Words)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Profile, string> BrokenProfiles() => new()
    {
        { ProfileOf(), "no field" },
        { ProfileOf(Title, Title), "2 fields named 'title'" },
        { ProfileOf(Choice("kind")), "'kind'" },
        { ProfileOf(Choice("kind", "a", "a")), "all different" },
        { ProfileOf(Text("title", 0)), "1 to 10,000" },
    };

    private static int[] AnswerTokens(ScriptedDecoder decoder, ScriptedVocabulary vocabulary)
    {
        var tokens = decoder.Calls.SelectMany(c => c.Tokens).Where(t => t.Sequence == 0).Select(t => t.Token).ToArray();
        return tokens[(Array.IndexOf(tokens, vocabulary.Control("<|assistant|>")) + 1)..];
    }
}

file static class ByteExtensions
{
    public static bool EndsWithBytes(this byte[] bytes, string text) => bytes.AsSpan().EndsWith(Encoding.UTF8.GetBytes(text));
}
