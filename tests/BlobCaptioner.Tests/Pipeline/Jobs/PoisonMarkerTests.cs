using System.Text;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class PoisonMarkerTests(AzuriteFixture azurite)
{
    private const string Awkward = "new arrivals/50% off #1 \u978B?.jpg";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MarkImageAsync_TheTriggerGaveUp_SendsTheImageForALaterAttempt(bool quoted)
    {
        await using var pipeline = await CreateAsync();
        await pipeline.UploadAsync(Awkward, TestPipeline.Picture());
        var retry = new IntakeRetry(pipeline.Intake, new() { Delay = TimeSpan.Zero });
        var outcome = await new PoisonMarker(pipeline.Intake).MarkImageAsync(await BlobMessageAsync(pipeline, Awkward, quoted), retry, Cancellation);
        Assert.Equal((PoisonResult.Postponed, Awkward), Short(outcome));
        Assert.Null(await pipeline.RecordAsync(Awkward));
        var sent = (await pipeline.Storage.Intake.PeekMessagesAsync(cancellationToken: Cancellation)).Value.Single().Body.ToString();
        var message = IntakeMessage.TryParse(sent, out _)!;
        Assert.Equal((Awkward, 1, await pipeline.Store.GetImageETagAsync(Awkward, Cancellation)), (message.Name, message.Attempt, message.ETag));
        Assert.Equal(IntakeResult.Enqueued, (await retry.RetryAsync(sent, 1, TestPipeline.Profile, Cancellation)).Outcome!.Result);
    }

    [Theory]
    [InlineData("""{"ContainerName":"somebody-elses","BlobName":"a.jpg","ETag":"1"}""")]
    [InlineData("""{"BlobName":"a.jpg"}""")]
    [InlineData("not JSON \u978B")]
    [InlineData("null")]
    public async Task MarkImageAsync_NotOurs_IsKeptAsItCame(string message)
    {
        await using var pipeline = await CreateAsync();
        Assert.Equal(PoisonResult.Kept, (await new PoisonMarker(pipeline.Intake).MarkImageAsync(message, new(pipeline.Intake, new()), Cancellation)).Result);
        Assert.Equal([message], await KeptAsync(pipeline));
    }

    [Fact]
    public async Task MarkJobAsync_GivenUpByOurWorker_IsOnRecordAlready()
    {
        await using var pipeline = await CreateAsync();
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var job = await JobAsync(pipeline);
        var message = CaptionMessage.Format(new PoisonMessage { Code = "model-error", Reason = "out of memory", Job = job, Call = (await pipeline.TicketAsync("a.jpg"))!.Call, At = DateTimeOffset.UnixEpoch });
        var marker = new PoisonMarker(pipeline.Intake);
        Assert.Equal((PoisonResult.Marked, "a.jpg"), Short(await marker.MarkJobAsync(message, Cancellation)));
        Assert.Equal((PoisonResult.OnRecord, "a.jpg"), Short(await marker.MarkJobAsync(message, Cancellation)));
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal((RecordStatus.Failed, "model-error", "out of memory"), (record.Status, record.Error!.Code, record.Error.Message));
        Assert.Contains(pipeline.Events.All, e => e.Kind == PipelineEventKind.Failed && e.Name == "a.jpg");
    }

    [Fact]
    public async Task MarkJobAsync_WantedAgainSinceItsWorkerGaveItUp_LeavesTheNewTicket()
    {
        await using var pipeline = await CreateAsync();
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var message = CaptionMessage.Format(new PoisonMessage { Code = "model-error", Reason = "out of memory", Job = await JobAsync(pipeline), Call = "earlier", At = DateTimeOffset.UnixEpoch });
        Assert.Equal((PoisonResult.OnRecord, "a.jpg"), Short(await new PoisonMarker(pipeline.Intake).MarkJobAsync(message, Cancellation)));
        Assert.Equal((1, null), (await pipeline.TicketsAsync(), await pipeline.RecordAsync("a.jpg")));
    }

    [Fact]
    public async Task MarkJobAsync_APlatformGaveTheMessageUp_IsSentAgainAndFailsOnlyAfterManyRounds()
    {
        await using var pipeline = await CreateAsync();
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var job = await JobAsync(pipeline);
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        var marker = new PoisonMarker(pipeline.Intake);
        Assert.Equal(PoisonResult.SentAgain, (await marker.MarkJobAsync(Json(job), Cancellation)).Result);
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.Null(await pipeline.RecordAsync("a.jpg"));

        Assert.Equal(PoisonResult.Marked, (await marker.MarkJobAsync(Json(job with { Returned = 100 }), Cancellation)).Result);
        Assert.Equal("gave-up", (await pipeline.RecordAsync("a.jpg"))!.Error!.Code);
        Assert.Equal(0, await pipeline.TicketsAsync());
        Assert.Equal(1, (await pipeline.SweepAsync(retryFailed: true)).Enqueued);

        static string Json(JobHint hint) => Encoding.UTF8.GetString(Convert.FromBase64String(CaptionMessage.Format(hint)));
    }

    [Fact]
    public async Task MarkJobAsync_UnreadableOrForeign_IsKept()
    {
        await using var pipeline = await CreateAsync();
        var unreadable = CaptionMessage.Format(new PoisonMessage { Code = "unreadable", Reason = "no job", Text = "{", At = DateTimeOffset.UnixEpoch });
        var marker = new PoisonMarker(pipeline.Intake);
        Assert.Equal(new PoisonOutcome(PoisonResult.Kept, null, "no job"), await marker.MarkJobAsync(unreadable, Cancellation));
        Assert.Equal(PoisonResult.Kept, (await marker.MarkJobAsync("", Cancellation)).Result);
        Assert.Equal(2, (await KeptAsync(pipeline)).Count);
        Assert.Contains("\"unreadable\"", (await KeptAsync(pipeline))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task MarkJobAsync_PlainTextAsLongAsAMessageMayBe_IsKept()
    {
        await using var pipeline = await CreateAsync();
        Assert.Equal(PoisonResult.Kept, (await new PoisonMarker(pipeline.Intake).MarkJobAsync(new('!', 65_536), Cancellation)).Result);
        Assert.Single((await pipeline.Storage.Kept.PeekMessagesAsync(32, Cancellation)).Value);
    }

    [Fact]
    public async Task MarkJobAsync_SomebodysFileWhereTheRecordBelongs_IsKeptAndTheFileLeft()
    {
        await using var pipeline = await CreateAsync();
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var message = CaptionMessage.Format(new PoisonMessage { Code = "x", Reason = "y", Job = await JobAsync(pipeline), Call = (await pipeline.TicketAsync("a.jpg"))!.Call, At = DateTimeOffset.UnixEpoch });
        await pipeline.UploadAsync("a.jpg.json", "theirs"u8.ToArray());
        Assert.Equal((PoisonResult.Kept, "a.jpg"), Short(await new PoisonMarker(pipeline.Intake).MarkJobAsync(message, Cancellation)));
        Assert.Equal("theirs", (await pipeline.Storage.Images.GetBlobClient("a.jpg.json").DownloadContentAsync(Cancellation)).Value.Content.ToString());
    }

    private Task<TestPipeline> CreateAsync() => CreateAsync(TestPipeline.Names() with { KeptQueue = AzuriteFixture.UniqueName("kept") });

    private async Task<TestPipeline> CreateAsync(BlobCaptioner.Storage.StorageOptions names) =>
        await TestPipeline.CreateAsync(await azurite.GetConnectionStringAsync(Cancellation), names: names);

    private static (PoisonResult Result, string? Name) Short(PoisonOutcome outcome) => (outcome.Result, outcome.Name);

    private static async Task<JobHint> JobAsync(TestPipeline pipeline)
    {
        var message = (await pipeline.Storage.Captions.PeekMessagesAsync(1, Cancellation)).Value.Single();
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        return job!;
    }

    private static async Task<string> BlobMessageAsync(TestPipeline pipeline, string name, bool quoted)
    {
        var etag = await pipeline.Store.GetImageETagAsync(name, Cancellation);
        return System.Text.Json.JsonSerializer.Serialize(new
        {
            Type = "BlobTrigger",
            FunctionId = "Host.Functions.IngestByPolling",
            BlobType = "BlockBlob",
            ContainerName = pipeline.Storage.Images.Name,
            BlobName = name,
            ETag = quoted ? $"\"{etag}\"" : etag,
        });
    }

    private static async Task<IReadOnlyList<string>> KeptAsync(TestPipeline pipeline) =>
        [.. (await pipeline.Storage.Kept.PeekMessagesAsync(32, Cancellation)).Value.Select(m => Encoding.UTF8.GetString(Convert.FromBase64String(m.Body.ToString())))];
}
