using BlobCaptioner.Captioning;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Batching;

/// <summary>Pictures that don't fit, fail or are given up: they take no other picture with them.</summary>
public sealed class BatcherTroubleTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

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
}
