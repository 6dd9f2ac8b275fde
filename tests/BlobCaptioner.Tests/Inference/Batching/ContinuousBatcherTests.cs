using BlobCaptioner.Captioning;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Batching;

public sealed class ContinuousBatcherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static ScriptedDecoder NewDecoder(int sequences = 10, int contextTokens = 100_000, int batchTokens = 512) =>
        new ScriptedDecoder(Words, sequences, contextTokens, batchTokens).Writing(Answer);

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
    public async Task Describe_PictureThatNeverFits_IsRefusedWithTheWayOutAndOthersGoOn()
    {
        await using var engine = new ScriptedEngine(NewDecoder(contextTokens: 300));
        var large = engine.Describe(1, tokens: 280);
        var answers = await Task.WhenAll(engine.Write(0), engine.Write(2));
        var error = await Assert.ThrowsAsync<CaptionException>(() => large);
        Assert.Equal("context-too-small", error.Code);
        Assert.False(error.Retry);
        Assert.Contains("300", error.Message, StringComparison.Ordinal);
        Assert.Contains("'1.jpg'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Raise the context", error.Remedy, StringComparison.Ordinal);
        Assert.Equal([Answer(0), Answer(2)], answers);
    }

    [Fact]
    public async Task Describe_NoRoomAgainstTheCount_PutsTheYoungestBackAndLosesNothing()
    {
        await using var engine = new ScriptedEngine(NewDecoder(), new BatcherOptions { Slots = 3 });
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnEncode = picture =>
        {
            if (picture == 3)
            {
                gate.Set();
            }
        };
        engine.Decoder.OnDecode = call => Pass(gate) == DecodeStatus.Ok && call == 5 ? DecodeStatus.NoRoom : DecodeStatus.Ok;
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(engine.Write));
        Assert.Equal(Enumerable.Range(0, 6).Select(Answer), answers);
        Assert.Equal(1, engine.Batcher.Snapshot().PutBack);
        Assert.Equal(0, engine.Batcher.Snapshot().Failed);
    }

    [Fact]
    public async Task Describe_MemoryRunsOutInSteps_FallsBackToFewerAtOnceAndGoesOn()
    {
        const int Enough = 2;
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnDecode = _ => engine.Decoder.Calls.Last().Sequences.Length > Enough
            ? throw new SequenceDecoderException("llama_decode failed: out of memory.") { IsOutOfMemory = true }
            : DecodeStatus.Ok;
        var left = Enumerable.Range(0, 40).ToList();
        var retried = 0;
        while (left.Count > 0)
        {
            // As the queue does: what may be tried again comes again.
            var answers = await Task.WhenAll(left.Select(async i =>
            {
                try
                {
                    return (Picture: i, Answer: (string?)await engine.Write(i));
                }
                catch (CaptionException error) when (error is { Code: "decoder-failed", Retry: true })
                {
                    return (Picture: i, Answer: default(string));
                }
            }));
            Assert.All(answers.Where(a => a.Answer is not null), a => Assert.Equal(Answer(a.Picture), a.Answer));
            left = [.. answers.Where(a => a.Answer is null).Select(a => a.Picture)];
            retried += left.Count;
            Assert.InRange(retried, 0, 40);
        }

        // Eight, four, two: two failures, each with what ran then.
        Assert.InRange(retried, 3, 12);
        Assert.Equal(40, engine.Batcher.Snapshot().Described);
    }

    [Fact]
    public async Task Describe_CallerGivesUp_SlotIsFreeBeforeTheNextStep()
    {
        await using var engine = new ScriptedEngine(NewDecoder(), new BatcherOptions { Slots = 2 });
        using var cancel = new CancellationTokenSource();
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnDecode = call =>
        {
            if (call < 6)
            {
                return DecodeStatus.Ok;
            }

            reached.Set();
            return Pass(gate);
        };
        var first = engine.DescribeUntil(0, 4, cancel.Token);
        Assert.True(reached.Wait(Deadline, TestContext.Current.CancellationToken));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var others = Enumerable.Range(1, 4).Select(engine.Write).ToArray();
        var before = engine.Decoder.Calls.Count;
        gate.Set();
        Assert.Equal(Enumerable.Range(1, 4).Select(Answer), await Task.WhenAll(others));
        Assert.Equal(1, engine.Batcher.Snapshot().Cancelled);
        Assert.Equal(0, engine.Batcher.Snapshot().SlotsInUse);
        // Its answer was not finished: the cache forgot it half-way.
        Assert.NotEqual(Answer(0)[..^2], engine.Decoder.CachedAnswers[0]);
        Assert.True(before > 0);
    }

    [Fact]
    public async Task Describe_StepFails_RunningPicturesMayBeRetriedAndLaterOnesSucceed()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnDecode = call => call == 4 ? throw new SequenceDecoderException("out of memory") : DecodeStatus.Ok;
        var error = await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(0));
        Assert.Equal("decoder-failed", error.Code);
        Assert.True(error.Retry);
        Assert.Contains("out of memory", error.Message, StringComparison.Ordinal);
        Assert.Equal(Answer(0), await engine.Write(0));
        Assert.Equal(2, engine.Batcher.Snapshot().PrefixesDecoded);
    }

    [Fact]
    public async Task Describe_PrefixFails_OnlyItsPictureAndTheNextIsTriedAgain()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnDecode = call => call == 1 ? throw new SequenceDecoderException("bad prefix") : DecodeStatus.Ok;
        Assert.Equal("decoder-failed", (await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(0))).Code);
        Assert.Equal(Answer(1), await engine.Write(1));
        Assert.Equal(1, engine.Batcher.Snapshot().Failed);
    }

    [Fact]
    public async Task Describe_ThreeStepsFailInARow_DecoderCountsAsDead()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnDecode = _ => throw new SequenceDecoderException("no memory");
        var codes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            codes.Add((await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(i))).Code);
        }

        Assert.Equal(["decoder-failed", "decoder-failed", "decoder-failed", "decoder-dead"], codes);
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
    public async Task Describe_DecoderIsDead_SaysSoAtOnce()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnDecode = call => call == 4 ? throw new SequenceDecoderException("the GPU is gone") { IsFatal = true } : DecodeStatus.Ok;
        await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(0));
        var error = await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(1));
        Assert.Equal("decoder-dead", error.Code);
        Assert.Contains("the GPU is gone", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_OnePictureCannotBeEncoded_OthersAreDescribed()
    {
        await using var engine = new ScriptedEngine(NewDecoder());
        engine.Decoder.OnEncode = picture =>
        {
            if (picture == 5)
            {
                throw new SequenceDecoderException("odd shape");
            }
        };
        var bad = engine.Describe(5);
        var answers = await Task.WhenAll(Enumerable.Range(10, 9).Select(engine.Write));
        Assert.Equal(Enumerable.Range(10, 9).Select(Answer), answers);
        var error = await Assert.ThrowsAsync<CaptionException>(() => bad);
        Assert.Equal("encode-failed", error.Code);
        Assert.Contains("odd shape", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_PicturesRunning_TheyFailForAnotherTryAndThreadsEnd()
    {
        var engine = new ScriptedEngine(NewDecoder(), new BatcherOptions { Slots = 2, QueueCapacity = 1 });
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        engine.Decoder.OnDecode = _ =>
        {
            reached.Set();
            return Pass(gate);
        };
        var running = Enumerable.Range(0, 12).Select(i => engine.Describe(i)).ToArray();
        Assert.True(reached.Wait(Deadline, TestContext.Current.CancellationToken));
        var disposing = engine.DisposeAsync().AsTask();
        gate.Set();
        await disposing.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        foreach (var task in running)
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => task);
            Assert.Equal("stopping", error.Code);
            Assert.True(error.Retry);
        }

        Assert.Equal("stopping", (await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(1))).Code);
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
    public async Task Describe_ManyCancelledAtRandom_TheOthersAreDescribed()
    {
        var random = new Random(5);
        await using var engine = new ScriptedEngine(NewDecoder(contextTokens: 600));
        using var cancel = new CancellationTokenSource();
        using var submitted = new ManualResetEventSlim();
        engine.Decoder.OnDecode = call =>
        {
            // What is cancelled before it was handed over never counted.
            Pass(submitted);
            if (call == 40)
            {
                cancel.Cancel();
            }

            return DecodeStatus.Ok;
        };
        var tasks = Enumerable.Range(0, 200).Select(i => (Picture: i, GivesUp: i % 3 == 1, Task: engine.DescribeUntil(i, 1 + random.Next(40), i % 3 == 1 ? cancel.Token : TestContext.Current.CancellationToken))).ToArray();
        submitted.Set();
        foreach (var (picture, _, task) in tasks.Where(t => !t.GivesUp))
        {
            Assert.Equal(Answer(picture), ScriptedEngine.Json(await task));
        }

        var cancelled = 0;
        foreach (var (_, _, task) in tasks.Where(t => t.GivesUp))
        {
            cancelled += await Record.ExceptionAsync(() => task) is OperationCanceledException ? 1 : 0;
        }

        Assert.InRange(cancelled, 1, 67);
        Assert.Equal(cancelled, engine.Batcher.Snapshot().Cancelled);
    }

    [Fact]
    public void Constructor_TooFewSequences_NamesTheNumbers()
    {
        var error = Assert.Throws<ArgumentException>(() => new ContinuousBatcher(NewDecoder(sequences: 3), new BatcherOptions { Slots = 4 }));
        Assert.Contains("3 sequences", error.Message, StringComparison.Ordinal);
        Assert.Contains("need 6", error.Message, StringComparison.Ordinal);
    }

    private static DecodeStatus Pass(ManualResetEventSlim gate)
    {
        if (!gate.Wait(Deadline))
        {
            throw new TimeoutException("The test's gate stayed shut.");
        }

        return DecodeStatus.Ok;
    }
}
