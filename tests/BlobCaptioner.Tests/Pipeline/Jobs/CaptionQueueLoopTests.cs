using System.Text.Json;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class CaptionQueueLoopTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_OnePicture_WritesAReadableRecordBesideItAndLeavesNothing()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        Assert.Equal(["shoes/red.jpg", "shoes/red.jpg.json"], await pipeline.BlobNamesAsync());
        var blob = (await pipeline.Storage.Images.GetBlobClient("shoes/red.jpg.json").DownloadContentAsync(Cancellation)).Value;
        var text = blob.Content.ToString();
        Assert.Contains("Krus \u2013 \u4E66 \\\"shoes/red.jpg\\\"", text, StringComparison.Ordinal);
        var json = JsonDocument.Parse(text).RootElement;
        Assert.Equal(1, json.GetProperty("schemaVersion").GetInt32());
        Assert.Equal("described", json.GetProperty("status").GetString());
        Assert.Equal("mug", json.GetProperty("attributes").GetProperty("category").GetProperty("value").GetString());
        Assert.Equal(0.9877, json.GetProperty("attributes").GetProperty("category").GetProperty("confidence").GetDouble());
        Assert.StartsWith("Krus", json.GetProperty("copy").GetProperty("en").GetProperty("title").GetString(), StringComparison.Ordinal);
        Assert.Equal("scripted", json.GetProperty("generation").GetProperty("model").GetString());
        Assert.Equal(1, json.GetProperty("generation").GetProperty("tries").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("review").ValueKind);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Fact]
    public async Task RunAsync_AHundredPicturesOneBadThreeLoops_DescribesNinetyNineOnceEach()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 100; i++)
        {
            await pipeline.UploadAsync($"p/{i:000}.jpg", i == 41 ? "no picture"u8.ToArray() : TestPipeline.Picture(i));
        }

        for (var i = 0; i < 3; i++)
        {
            pipeline.StartLoop();
        }

        var summary = await pipeline.SweepAsync();
        Assert.Equal((100, 99, 1), (summary.Listed, summary.Enqueued, summary.Rejected));
        await pipeline.RunUntilEmptyAsync();

        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        Assert.Equal((100, 99, 1, 0), (status.Images, status.Described, status.Rejected, status.Failed));
        Assert.Equal((0, 0, 0, 0), (status.Waiting, status.OutOfDate, status.QueueLength, status.Poison));
        Assert.Equal(99, pipeline.Model.Calls.Distinct().Count());
        Assert.Equal(99, pipeline.Model.Calls.Count);
        var again = await pipeline.SweepAsync();
        Assert.Equal((100, 100), (again.Listed, again.UpToDate));
        Assert.Equal(0, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_MorePicturesThanSlots_GivesTheModelItsSlotsAndTheLookahead()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 20; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        var full = new TaskCompletionSource();
        var inside = 0;
        pipeline.Model.Script = async (_, cancel) =>
        {
            if (Interlocked.Increment(ref inside) == 3)
            {
                full.SetResult();
            }

            await full.Task.WaitAsync(cancel);
        };
        await pipeline.SweepAsync();
        pipeline.StartLoop(TestPipeline.Fast with { Slots = 2, Prefetch = 5, Lookahead = 1 });
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(3, pipeline.Model.MostRunning);
        Assert.Equal(20, pipeline.Events.Count(PipelineEventKind.Described));
    }

    [Fact]
    public async Task RunAsync_ImageReplacedWhileBeingDescribed_KeepsOnlyTheNewVersionsRecord()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        pipeline.Model.Script = async (_, cancel) =>
        {
            entered.TrySetResult();
            await go.Task.WaitAsync(cancel);
        };
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(2));
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
        go.SetResult();
        await pipeline.RunUntilEmptyAsync();

        var record = await pipeline.RecordAsync("a.jpg");
        Assert.Equal(await pipeline.Store.GetImageETagAsync("a.jpg", Cancellation), record!.Image.ETag);
        Assert.Equal(RecordStatus.Described, record.Status);
        Assert.Equal(1, pipeline.Events.Count(PipelineEventKind.Described));
        Assert.Equal("image-changed", Assert.Single(pipeline.Events.All, e => e.Kind == PipelineEventKind.Dropped).Error!.Code);
        Assert.Equal(1, (await pipeline.SweepAsync()).UpToDate);
    }

    [Fact]
    public async Task RunAsync_ImageDeletedWhileQueued_DropsTheJobWithoutTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Empty(pipeline.Model.Calls);
        Assert.Empty(await pipeline.BlobNamesAsync());
        Assert.Equal(0, await pipeline.TicketsAsync());
        Assert.Equal("image-gone", Assert.Single(pipeline.Events.All, e => e.Kind == PipelineEventKind.Dropped).Error!.Code);
    }

    [Fact]
    public async Task RunAsync_ImageDeletedWhileBeingDescribed_LeavesNoRecord()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        pipeline.Model.Script = async (_, cancel) => await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: cancel);
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Empty(await pipeline.BlobNamesAsync());
        Assert.Equal(0, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_PreparedImageHasExpired_PreparesItAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await ExpireAsync(pipeline);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("a.jpg"))!.Status);
    }

    [Fact]
    public async Task RunAsync_PreparedImageHasExpiredAndIsOverTheLimitsNow_RejectsItUnderThoseLimits()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", [.. TestPipeline.Picture(), .. new byte[1_100_000]]);
        await pipeline.SweepAsync();
        await ExpireAsync(pipeline);
        using var strict = new ImagePreparer(new ImageOptions { MaxMegabytes = 1 });
        pipeline.StartLoop(preparer: strict);
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal("too-large", (await pipeline.RecordAsync("a.jpg"))!.Error!.Code);

        var sameLimits = new ImageIntake(pipeline.Storage, strict, pipeline.IntakeOptions);
        Assert.Equal(IntakeResult.UpToDate, (await sameLimits.IngestAsync("a.jpg", TestPipeline.Profile, Cancellation)).Result);
        Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("a.jpg"));
    }

    private static async Task ExpireAsync(TestPipeline pipeline)
    {
        await foreach (var blob in pipeline.Storage.Prepared.GetBlobsAsync(cancellationToken: Cancellation).Where(b => !b.Name.StartsWith('_')))
        {
            await pipeline.Storage.Prepared.DeleteBlobAsync(blob.Name, cancellationToken: Cancellation);
        }
    }

    [Fact]
    public async Task RunAsync_SameJobTwiceInTheQueue_AsksTheModelOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var message = (await pipeline.Storage.Captions.PeekMessageAsync(Cancellation)).Value;
        await pipeline.Storage.Captions.SendMessageAsync(message.Body.ToString(), Cancellation);
        pipeline.StartLoop(TestPipeline.Fast with { Slots = 1, Prefetch = 0, Lookahead = 0 });
        await pipeline.RunUntilEmptyAsync();
        Assert.Single(pipeline.Model.Calls);
        Assert.Equal("done-already", Assert.Single(pipeline.Events.All, e => e.Kind == PipelineEventKind.Dropped).Error!.Code);
    }

    [Fact]
    public async Task RunAsync_ForcedSweep_DescribesAnewAndKeepsTheReview()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var present = await pipeline.Store.ReadAsync("a.jpg", Cancellation);
        var reviewed = present!.Record! with { Review = JsonDocument.Parse("""{"approved":true}""").RootElement };
        Assert.Equal(RecordWrite.Written, await pipeline.Store.WriteAsync(reviewed with { Generation = reviewed.Generation with { Worker = "web" } }, present.ETag, Cancellation));
        Assert.Equal(1, (await pipeline.SweepAsync(force: true)).Enqueued);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(2, pipeline.Model.Calls.Count);
        Assert.True((await pipeline.RecordAsync("a.jpg"))!.Review!.Value.GetProperty("approved").GetBoolean());
    }

    [Fact]
    public async Task RunAsync_StopWhileDescribing_FinishesWhatRunsAndHandsTheRestBack()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 6; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var inside = 0;
        pipeline.Model.Script = async (_, cancel) =>
        {
            if (Interlocked.Increment(ref inside) == 2)
            {
                entered.SetResult();
            }

            await go.Task.WaitAsync(cancel);
        };
        await pipeline.SweepAsync();
        var loop = pipeline.StartLoop(TestPipeline.Fast with { Slots = 2, Lookahead = 0, Prefetch = 4 });
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        pipeline.RequestStop();
        await pipeline.Events.WaitAsync(PipelineEventKind.HandedBack, 6 - 2 - (await FreeAsync(pipeline)));
        go.SetResult();
        await pipeline.LoopsEndAsync();
        Assert.Equal(2, pipeline.Events.Count(PipelineEventKind.Described));
        Assert.Equal(0, loop.InHand);

        // All four are there for others at once, and no try was counted.
        var rest = (await pipeline.Storage.Captions.ReceiveMessagesAsync(32, cancellationToken: Cancellation)).Value;
        Assert.Equal(4, rest.Length);
        foreach (var message in rest)
        {
            Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
            Assert.Empty((await pipeline.TicketAsync(job!.Name))!.Tries);
        }

        static async Task<int> FreeAsync(TestPipeline pipeline) => (await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value.Length;
    }

    [Fact]
    public async Task RunAsync_Abort_BreaksOffAndHandsBackWithoutATry()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.AbortWhileDescribingAsync("a.jpg");
        var message = (await pipeline.Storage.Captions.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        Assert.Equal("a.jpg", job!.Name);
        Assert.Empty((await pipeline.TicketAsync("a.jpg"))!.Tries);
        Assert.Null(await pipeline.RecordAsync("a.jpg"));
    }

    [Fact]
    public async Task RunAsync_AnotherWorkerHasTheTicket_CancelsTheModelAndLeavesThePictureToIt()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var (entered, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        pipeline.Model.Script = async (_, cancel) =>
        {
            entered.SetResult();
            try
            {
                await new TaskCompletionSource().Task.WaitAsync(cancel);
            }
            finally
            {
                cancelled.SetResult();
            }
        };
        await pipeline.SweepAsync();
        pipeline.StartLoop(TestPipeline.Fast with { Lease = TimeSpan.FromSeconds(1) });
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        // As after a lease that ran out: the first worker's machine was frozen.
        await pipeline.ChangeTicketAsync("a.jpg", t => t with { Holder = "another", Message = "another", HoldSeconds = 600 });
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await pipeline.Events.WaitAsync(e => e.Error?.Code == "lease-lost", 1, "lease lost");
        await pipeline.RunUntilEmptyAsync();
        Assert.Null(await pipeline.RecordAsync("a.jpg"));
        Assert.Equal("another", (await pipeline.TicketAsync("a.jpg"))!.Holder);
        Assert.Equal(1, (await pipeline.SweepAsync()).InFlight);
    }
}
