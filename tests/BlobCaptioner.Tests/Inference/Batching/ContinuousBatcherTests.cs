using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Batching;

public sealed class ContinuousBatcherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Describe_OnePicture_GivesWhatTheModelWrote()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        var caption = await engine.Describe(7, tokens: 6);
        Assert.Equal(Answer(7), ScriptedEngine.Json(caption));
        Assert.Empty(caption.Flags);
        Assert.Equal(6, caption.Usage.ImageTokens);
        Assert.Equal(engine.Plan.PrefixTokens.Count + engine.Plan.SuffixTokens.Count, caption.Usage.PromptTokens);
        // Sampled: the category, then picture, number, a space, 7 and the closing quote.
        Assert.Equal(6, caption.Usage.SampledTokens);
    }

    [Fact]
    public async Task Describe_TwentyPictures_DecodesThePrefixOnce()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(engine.Write));
        Assert.Equal(Enumerable.Range(0, 20).Select(Answer), answers);
        Assert.Equal(1, engine.Decoder.Calls.Count(c => c.Sequences.Contains(engine.Batcher.Slots)));
        Assert.Equal(1, engine.Batcher.Snapshot().PrefixesDecoded);
    }

    [Fact]
    public async Task Describe_EightPicturesReady_ShareTheirSteps()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnDecode = _ => Pass(gate);
        engine.Decoder.OnEncode = picture =>
        {
            if (picture == 8)
            {
                gate.Set();
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 9).Select(i => engine.Describe(i)));
        Assert.Contains(engine.Decoder.Calls, c => c.Tokens.Length > 0 && c.Sequences.Length == 8);
        Assert.InRange(engine.Batcher.Snapshot().Steps, 6, 20);
    }

    [Fact]
    public async Task Describe_LargePictureArrives_RunningAnswerGoesOnBetweenItsSlices()
    {
        var options = new BatcherOptions { Slots = 2, PrefillSliceTokens = 8 };
        await using var engine = new ScriptedEngine(NewDecoder(), options);
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnDecode = _ => Pass(gate);
        engine.Decoder.OnEncode = picture =>
        {
            if (picture == 2)
            {
                gate.Set();
            }
        };
        await Task.WhenAll(engine.Describe(0, tokens: 8), engine.Describe(1, tokens: 40), engine.Describe(2));
        var calls = engine.Decoder.Calls.ToArray();
        Assert.All(calls, c => Assert.True(c.Slices.Sum(s => s.Count) <= 8));
        var slices = calls.Index().Where(c => c.Item.Slices.Any(s => s.Image.TokenCount == 40)).Select(c => c.Index).ToArray();
        Assert.Equal(5, slices.Length);
        for (var i = 1; i < slices.Length; i++)
        {
            Assert.Contains(calls[(slices[i - 1] + 1)..slices[i]], c => c.Tokens.Length > 0);
        }
    }

    [Fact]
    public async Task Describe_PictureOf1024Tokens_NoOtherSlotWaitsMoreThanThreeSteps()
    {
        const int Large = 8;
        await using var engine = new ScriptedEngine(NewDecoder(contextTokens: 4_096));
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnDecode = _ => Pass(gate);
        engine.Decoder.OnEncode = picture =>
        {
            if (picture == Large)
            {
                // It stays in the vision tower until the others have written some.
                gate.Set();
                var before = engine.Decoder.Calls.Count;
                Assert.True(SpinWait.SpinUntil(() => engine.Decoder.Calls.Count >= before + 4, Deadline), "the running answers stood still while a picture was encoded");
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => engine.Describe(i, tokens: i == Large ? 1_024 : 4)));

        var waited = new int[engine.Batcher.Slots];
        var (longest, withLarge) = (0, 0);
        Array.Fill(waited, -1);
        foreach (var call in engine.Decoder.Calls)
        {
            withLarge += call.Slices.Any(s => s.Image.TokenCount == 1_024) ? 1 : 0;
            for (var sequence = 0; sequence < waited.Length; sequence++)
            {
                if (call.Slices.Any(s => s.Sequence == sequence))
                {
                    // Another picture's turn in this sequence.
                    waited[sequence] = -1;
                }
                else if (call.Tokens.Any(t => t.Sequence == sequence))
                {
                    longest = Math.Max(longest, waited[sequence]);
                    waited[sequence] = 0;
                }
                else if (waited[sequence] >= 0)
                {
                    waited[sequence]++;
                }
            }
        }

        Assert.True(withLarge >= 2, "the large picture went in at once");
        Assert.InRange(longest, 1, 3);
    }

    [Fact]
    public async Task Describe_ContextForTwo_NeverRunsOutOfRoom()
    {
        var plan = DecodingPlan.Compile(ProfileOf(Category, Title), NewDecoder());
        var context = plan.PrefixTokens.Count + (2 * plan.CellsFor(4));
        await using var engine = new ScriptedEngine(NewDecoder(contextTokens: context));
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(engine.Write));
        Assert.Equal(Enumerable.Range(0, 12).Select(Answer), answers);
        Assert.Equal(0, engine.Batcher.Snapshot().PutBack);
        Assert.InRange(engine.Decoder.MostCells, 1, context);
        Assert.All(engine.Decoder.Calls, c => Assert.True(c.Sequences.Length <= 2));
    }

    [Fact]
    public async Task Describe_SamePixelsAgain_SparesTheVisionTowerUntilOthersMadeThemForgotten()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        var kept = new BatcherOptions().KeptEncodings;

        var first = await engine.Describe(0);
        var again = await engine.Describe(0);
        foreach (var other in Enumerable.Range(1, kept))
        {
            Assert.False((await engine.Describe(other)).Usage.IsEncodingReused);
        }

        var late = await engine.Describe(0);
        Assert.Equal((false, true, false), (first.Usage.IsEncodingReused, again.Usage.IsEncodingReused, late.Usage.IsEncodingReused));
        Assert.Equal(kept + 2, engine.Decoder.Encoded);
        Assert.Equal(first.Fields.Select(f => f.Value), again.Fields.Select(f => f.Value));
    }

    [Fact]
    public async Task Describe_ThreeProfilesAndOnePrefixSequence_AllAreServed()
    {
        await using var engine = new ScriptedEngine(NewDecoder(), new BatcherOptions { Slots = 3, Prefixes = 1 });
        var plans = Enumerable.Range(0, 3).Select(i => DecodingPlan.Compile(ProfileOf(Category, Title) with { Instruction = $"Describe {i}." }, engine.Decoder)).ToArray();
        var captions = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => engine.Describe(i, plan: plans[i % 3])));
        Assert.Equal(Enumerable.Range(0, 30).Select(Answer), captions.Select(ScriptedEngine.Json));
    }

    [Fact]
    public async Task Describe_BatchSmallerThanThePrompt_IsSplit()
    {
        await using var engine = new ScriptedEngine(NewDecoder(batchTokens: 5), new BatcherOptions { Slots = 7 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(engine.Write));
        Assert.Equal(Enumerable.Range(0, 30).Select(Answer), answers);
    }

    [Fact]
    public async Task Describe_EveryFieldHasOneValue_NeedsNoLogits()
    {
        await using var engine = new ScriptedEngine(NewDecoder(), null, Category with { Values = ["mug"] });
        var caption = await engine.Describe(0);
        Assert.Equal(new CaptionField("category", "mug", 1) { Language = "en" }, Assert.Single(caption.Fields));
        Assert.Equal(0, caption.Usage.SampledTokens);
    }

    [Fact]
    public async Task Describe_ThousandPicturesOfAllSizes_EachGetsItsOwnAnswer()
    {
        var random = new Random(11);
        var lengths = Enumerable.Range(0, 1000).Select(_ => random.Next(0, 60)).ToArray();
        string Text(int picture) => $"{{\"category\":\"{Category.Values[picture % 3]}\",\"title\":\"{picture} {new string('x', lengths[picture])}\"}}";
        await using var engine = new ScriptedEngine(new ScriptedDecoder(Words, contextTokens: 1200, batchTokens: 64).Writing(Text));
        var captions = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => engine.Describe(i, tokens: 1 + (i % 90))));
        for (var i = 0; i < captions.Length; i++)
        {
            Assert.Equal(Category.Values[i % 3], captions[i].Fields[0].Value);
            Assert.StartsWith(i.ToString(), captions[i].Fields[1].Value, StringComparison.Ordinal);
            Assert.InRange(captions[i].Fields[1].Value.Length, 1, Title.MaxCharacters);
        }

        var snapshot = engine.Batcher.Snapshot();
        Assert.Equal((1000, 0, 0, 0, 0), (snapshot.Described, snapshot.SlotsInUse, snapshot.Waiting, snapshot.CellsReserved, snapshot.PutBack));
    }

    [Fact]
    public void Constructor_TooFewSequences_NamesTheNumbers()
    {
        var error = Assert.Throws<ArgumentException>(() => new ContinuousBatcher(NewDecoder(sequences: 3), new BatcherOptions { Slots = 4 }));
        Assert.Contains("3 sequences", error.Message, StringComparison.Ordinal);
        Assert.Contains("need 6", error.Message, StringComparison.Ordinal);
    }
}
