using System.Text;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Intake;

/// <summary>Images whose intake failed, and the messages that bring them back.</summary>
public sealed class IntakeRetryTests(AzuriteFixture azurite)
{
    private const string Awkward = "new arrivals/50% off #1 \u978B?.jpg";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IngestAsync_StorageFailsThenWorks_TheMessageBringsTheImageBack()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var retry = Create(pipeline, new() { Delay = TimeSpan.Zero });
        await pipeline.UploadAsync(Awkward, TestPipeline.Picture());
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        var failed = await retry.IngestAsync(Awkward, TestPipeline.Profile, Cancellation);
        Assert.NotNull(failed.Problem);
        Assert.NotNull(failed.Delay);
        var second = await retry.RetryAsync(await TakeAsync(pipeline), 1, TestPipeline.Profile, Cancellation);
        Assert.Equal((1, true), (second.Number, second.Delay is not null));

        await pipeline.Storage.CreateIfNotExistsAsync(Cancellation);
        var third = await retry.RetryAsync(await TakeAsync(pipeline), 1, TestPipeline.Profile, Cancellation);
        // The first one had written the ticket. This process knows that its message was not sent.
        Assert.Equal((2, IntakeResult.Enqueued), (third.Number, third.Outcome!.Result));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.Null(await pipeline.RecordAsync(Awkward));
    }

    [Fact]
    public async Task RetryAsync_LastAttemptFails_WritesAFailedRecordWithItsCount()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var retry = Create(pipeline, new() { MaxAttempts = 3, Delay = TimeSpan.Zero });
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        Assert.NotNull((await retry.IngestAsync("a.jpg", TestPipeline.Profile, Cancellation)).Delay);
        Assert.NotNull((await retry.RetryAsync(await TakeAsync(pipeline), 1, TestPipeline.Profile, Cancellation)).Delay);
        Assert.NotNull((await retry.RetryAsync(await TakeAsync(pipeline), 1, TestPipeline.Profile, Cancellation)).Delay);
        var last = await retry.RetryAsync(await TakeAsync(pipeline), 1, TestPipeline.Profile, Cancellation);
        Assert.Equal((3, true, null), (last.Number, last.Problem is not null, last.Delay));
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal((RecordStatus.Failed, "intake-failed", 3), (record.Status, record.Error!.Code, record.Generation.Tries));
        Assert.Contains("after 3 attempts", record.Error.Message, StringComparison.Ordinal);
        Assert.Contains(pipeline.Events.All, e => e.Kind == PipelineEventKind.Failed && e.Name == "a.jpg");

        await pipeline.Storage.CreateIfNotExistsAsync(Cancellation);
        var swept = await pipeline.SweepAsync(retryFailed: true);
        Assert.Equal(1, swept.Enqueued + swept.Resent);
    }

    [Fact]
    public async Task RetryAsync_TheWorkerDiedEachTime_EndsToo()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var retry = Create(pipeline, new() { MaxAttempts = 4 });
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var text = await MessageAsync(pipeline, "a.jpg", attempt: 2);
        Assert.Equal((4, "The worker ended during attempt 4 to take 'a.jpg' in."), Short(await retry.RetryAsync(text, 4, TestPipeline.Profile, Cancellation)));
        Assert.Equal(RecordStatus.Failed, (await pipeline.RecordAsync("a.jpg"))!.Status);

        // The same message once more, since the worker died before it could be acknowledged.
        var before = (await pipeline.Store.ReadAsync("a.jpg", Cancellation))!.ETag;
        await retry.RetryAsync(text, 5, TestPipeline.Profile, Cancellation);
        Assert.Equal(before, (await pipeline.Store.ReadAsync("a.jpg", Cancellation))!.ETag);
    }

    [Fact]
    public async Task RetryAsync_ReplacedOrDeletedMeanwhile_FailsNoNewerVersion()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var retry = Create(pipeline, new() { MaxAttempts = 1 });
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        var text = await MessageAsync(pipeline, "a.jpg", attempt: 1);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(2));
        Assert.Equal(IntakeResult.Gone, (await retry.RetryAsync(text, 2, TestPipeline.Profile, Cancellation)).Outcome!.Result);
        Assert.Null(await pipeline.RecordAsync("a.jpg"));
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: Cancellation);
        Assert.Equal(IntakeResult.Gone, (await retry.RetryAsync(text, 2, TestPipeline.Profile, Cancellation)).Outcome!.Result);
    }

    [Fact]
    public async Task RetryAsync_DescribedMeanwhile_LeavesTheCopy()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var text = await MessageAsync(pipeline, "a.jpg", attempt: 1);
        Assert.Equal(IntakeResult.UpToDate, (await Create(pipeline, new()).RetryAsync(text, 1, TestPipeline.Profile, Cancellation)).Outcome!.Result);
        await Create(pipeline, new() { MaxAttempts = 1 }).RetryAsync(text, 9, TestPipeline.Profile, Cancellation);
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("a.jpg"))!.Status);
    }

    [Fact]
    public async Task RetryAsync_FailedFirstAndJobStillQueued_TheWorkerReplacesIt()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await Create(pipeline, new() { MaxAttempts = 1 }).RetryAsync(await MessageAsync(pipeline, "a.jpg", attempt: 1), 2, TestPipeline.Profile, Cancellation);
        Assert.Equal(RecordStatus.Failed, (await pipeline.RecordAsync("a.jpg"))!.Status);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("a.jpg"))!.Status);
    }

    [Fact]
    public async Task IngestAsync_MessageCantBeSentEither_Throws()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        await pipeline.Storage.Intake.DeleteAsync(Cancellation);
        var error = await Assert.ThrowsAsync<AggregateException>(() => Create(pipeline, new()).IngestAsync("a.jpg", TestPipeline.Profile, Cancellation));
        Assert.Equal(2, error.InnerExceptions.Count);
        Assert.Contains("'a.jpg'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestAsync_Cancelled_SendsNothing()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Create(pipeline, new() { Delay = TimeSpan.Zero }).IngestAsync("a.jpg", TestPipeline.Profile, new(canceled: true)));
        Assert.Empty((await pipeline.Storage.Intake.PeekMessagesAsync(cancellationToken: Cancellation)).Value);
    }

    [Theory]
    [InlineData("not JSON \u978B")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"container":null,"name":"a.jpg","attempt":1}""")]
    [InlineData("""{"container":"somebody-elses","name":"a.jpg","attempt":1}""")]
    [InlineData("""{"container":"images","name":"a.jpg","attempt":-2147483648}""")]
    [InlineData("""{"container":"images","name":"a.jpg"}""")]
    public async Task RetryAsync_UnreadableOrForeign_GoesToThePoisonQueue(string text)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var attempt = await Create(pipeline, new()).RetryAsync(text, 1, TestPipeline.Profile, Cancellation);
        Assert.NotNull(attempt.Problem);
        var poison = Assert.Single(await pipeline.PoisonAsync());
        Assert.Equal(("unreadable", text), (poison.Code, poison.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/../../other/x.jpg")]
    [InlineData("a\u0001.jpg")]
    [InlineData("a.jpg.json")]
    [InlineData("_profiles/x.jpg")]
    public async Task RetryAsync_NameThatNoImageHas_GoesToThePoisonQueueWithoutARecord(string name)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg.json", "{}"u8.ToArray());
        await pipeline.UploadAsync("_profiles/x.jpg", "{}"u8.ToArray());
        var text = new IntakeMessage { Container = pipeline.Storage.Images.Name, Name = name, Attempt = 99 }.Format();
        Assert.NotNull((await Create(pipeline, new()).RetryAsync(text, 1, TestPipeline.Profile, Cancellation)).Problem);
        Assert.Equal("unreadable", Assert.Single(await pipeline.PoisonAsync()).Code);
        Assert.Equal(2, (await pipeline.BlobNamesAsync()).Count);
    }

    [Fact]
    public async Task RetryAsync_TextCutInTheMiddleOfACharacter_IsKept()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await Create(pipeline, new()).RetryAsync("x" + string.Concat(Enumerable.Repeat("\U0001F600", 5_000)), 1, TestPipeline.Profile, Cancellation);
        Assert.StartsWith("x\U0001F600", Assert.Single(await pipeline.PoisonAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RetryAsync_HugeText_IsCutToFitThePoisonQueue()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await Create(pipeline, new()).RetryAsync(new string('\u978B', 60_000), 1, TestPipeline.Profile, Cancellation);
        Assert.Equal(4000, Assert.Single(await pipeline.PoisonAsync()).Text!.Length);
    }

    [Fact]
    public async Task SendAsync_EachAttempt_WaitsTwiceAsLongUpToTheLongest()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var retry = Create(pipeline, new());
        double[] expected = [30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800, 1800, 1800];
        for (var attempt = 1; attempt <= expected.Length; attempt++)
        {
            var delay = await retry.SendAsync(new() { Container = "c", Name = "a.jpg", Attempt = attempt }, Cancellation);
            Assert.InRange(delay.TotalSeconds, expected[attempt - 1] * 0.75, expected[attempt - 1] * 1.25);
        }
    }

    [Fact]
    public void Format_AnyName_IsBase64JsonThatReadsBack()
    {
        var message = new IntakeMessage { Container = "images", Name = Awkward, ETag = "0x8D", Attempt = 7 };
        Assert.Equal(message, IntakeMessage.TryParse(message.Format(), out _));
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(message.Format()));
        Assert.Equal(message, IntakeMessage.TryParse(json, out _));
        Assert.Contains("\"etag\":\"0x8D\",\"attempt\":7", json, StringComparison.Ordinal);
    }

    private static IntakeRetry Create(TestPipeline pipeline, IntakeRetryOptions options) => new(pipeline.Intake, options);

    private static (int Number, string? Problem) Short(IntakeAttempt attempt) => (attempt.Number, attempt.Problem?.Message);

    private static async Task<string> MessageAsync(TestPipeline pipeline, string name, int attempt) => new IntakeMessage
    {
        Container = pipeline.Storage.Images.Name,
        Name = name,
        ETag = await pipeline.Store.GetImageETagAsync(name, Cancellation),
        Attempt = attempt,
    }.Format();

    private static async Task<string> TakeAsync(TestPipeline pipeline)
    {
        var message = (await pipeline.Storage.Intake.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        await pipeline.Storage.Intake.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation);
        return message.Body.ToString();
    }
}
