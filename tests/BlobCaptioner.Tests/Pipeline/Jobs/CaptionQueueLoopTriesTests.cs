using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

/// <summary>How tries are counted, and what becomes of jobs that use them up or can't be read.</summary>
public sealed class CaptionQueueLoopTriesTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_ModelFailsTwice_TriesAgainAndCountsTheTries()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var calls = 0;
        pipeline.Model.Script = (_, _) => ++calls < 3 ? throw new InvalidOperationException("the engine stumbled") : Task.CompletedTask;
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(3, (await pipeline.RecordAsync("a.jpg"))!.Generation.Tries);
        Assert.Equal(2, pipeline.Events.Count(PipelineEventKind.Retried));
        Assert.Empty(await pipeline.PoisonAsync());
    }

    [Fact]
    public async Task RunAsync_ModelFailsEveryTime_GivesUpAfterFiveTriesAndNeighboursGoOn()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 10; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        pipeline.Model.Script = (image, _) => image.Name == "4.jpg" ? throw new InvalidOperationException("the engine stumbled") : Task.CompletedTask;
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = await pipeline.RecordAsync("4.jpg");
        Assert.Equal(RecordStatus.Failed, record!.Status);
        Assert.Equal("the engine stumbled", record.Error!.Message);
        Assert.Equal(5, record.Generation.Tries);
        Assert.Equal(5, pipeline.Model.Calls.Count(c => c == "4.jpg"));
        var poison = Assert.Single(await pipeline.PoisonAsync());
        Assert.Equal(("4.jpg", "the engine stumbled"), (poison.Job!.Name, poison.Reason));
        Assert.Equal(9, pipeline.Events.Count(PipelineEventKind.Described));

        Assert.Equal(10, (await pipeline.SweepAsync()).UpToDate);
        pipeline.Model.Script = null;
        Assert.Equal(1, (await pipeline.SweepAsync(retryFailed: true)).Enqueued);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("4.jpg"))!.Status);
    }

    [Fact]
    public async Task RunAsync_ModelSaysItNeverWill_RejectsAtOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        pipeline.Model.Script = (_, _) => throw new CaptionException("context-too-small", "It needs 900 cells of 512.", "Raise the context.", retry: false);
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = await pipeline.RecordAsync("a.jpg");
        Assert.Equal(RecordStatus.Rejected, record!.Status);
        Assert.Equal(new RecordError("context-too-small", "It needs 900 cells of 512.", "Raise the context."), record.Error);
        Assert.Single(pipeline.Model.Calls);
        Assert.Equal(1, (await pipeline.SweepAsync()).UpToDate);
    }

    [Theory]
    [InlineData("%%% not base64 %%%")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("e30=")]
    [InlineData("bnVsbA==")]
    public async Task RunAsync_UnreadableMessage_GoesToPoisonWithItsTextAndBlocksNobody(string text)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.Storage.Captions.SendMessageAsync(text, Cancellation);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var poison = Assert.Single(await pipeline.PoisonAsync());
        Assert.Equal(("unreadable", text), (poison.Code, poison.Text));
        Assert.Equal(1, pipeline.Events.Count(PipelineEventKind.Described));
    }

    [Fact]
    public async Task RunAsync_WorkersVanishFiveTimes_GivesUpAndSaysThatTheyVanished()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.VanishAsync("a.jpg", 5);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Empty(pipeline.Model.Calls);
        Assert.Equal("worker-vanished", (await pipeline.RecordAsync("a.jpg"))!.Error!.Code);
        Assert.Single(await pipeline.PoisonAsync());
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 1)]
    public async Task RunAsync_WorkersVanishedOverPictures_AreDescribedAloneFromTheThirdTryOn(int vanished, int together)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 8; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        await pipeline.SweepAsync();
        for (var i = 0; i < 8; i++)
        {
            await pipeline.VanishAsync($"{i}.jpg", vanished);
        }

        var (inside, full) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        pipeline.Model.Script = async (_, cancel) =>
        {
            if (Interlocked.Increment(ref inside) >= together)
            {
                full.TrySetResult();
            }

            await full.Task.WaitAsync(cancel);

            // Time in which another could come in.
            await pipeline.QueueLengthAsync();
        };
        pipeline.StartLoop(TestPipeline.Fast with { Slots = 4, Lookahead = 0 });
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(8, pipeline.Events.Count(PipelineEventKind.Described));
        Assert.Equal(together, pipeline.Model.MostRunning);
    }
}
