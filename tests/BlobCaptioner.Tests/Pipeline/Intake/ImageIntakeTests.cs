using System.Text.Json;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Images;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Intake;

public sealed class ImageIntakeTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IngestAsync_NewImage_PreparesItAndEnqueuesOneJob()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
        Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("shoes/red.jpg"));
        var message = (await pipeline.Storage.Captions.PeekMessageAsync(Cancellation)).Value;
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        Assert.Equal("shoes/red.jpg", job!.Name);
        var wanted = (await pipeline.TicketAsync("shoes/red.jpg"))!.Job;
        Assert.Equal(("jpeg", 64, 64), (wanted.Main.Format, wanted.Main.Width, wanted.Main.Height));
        var prepared = await pipeline.Storage.Prepared.GetBlobClient(wanted.PreparedBlob).DownloadContentAsync(Cancellation);
        Assert.Equal([0xFF, 0xD8], prepared.Value.Content.ToArray()[..2]);
    }

    [Fact]
    public async Task IngestAsync_SameEventTwice_EnqueuesOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => pipeline.IngestAsync("a.jpg")));
        Assert.Single(results, IntakeResult.Enqueued);
        Assert.Equal(7, results.Count(r => r == IntakeResult.AlreadyQueued));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task IngestAsync_AnotherProcessAtTheSameTime_OneTicketStandsAndOneJobIsSent()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await using var other = await TestPipeline.CreateAsync(await azurite.GetConnectionStringAsync(Cancellation), names: pipeline.Storage.Options);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var results = await Task.WhenAll(pipeline.IngestAsync("a.jpg"), other.IngestAsync("a.jpg"));
        Assert.Equal([IntakeResult.Enqueued, IntakeResult.AlreadyQueued], results.Order());
        Assert.Equal((1, 1), (await pipeline.TicketsAsync(), await pipeline.QueueLengthAsync()));
    }

    [Fact]
    public async Task SweepAsync_QueueWasClearedByHand_SendsTheJobAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite, new() { LostAfter = TimeSpan.Zero });
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.IngestAsync("a.jpg");
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        var swept = await pipeline.SweepAsync();
        Assert.Equal((1, 1, 0), (swept.Resent, swept.InFlight, swept.Enqueued));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task IngestAsync_JobIsWithAWorker_IsLeftAlone()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.IngestAsync("a.jpg");
        await pipeline.Storage.Captions.ReceiveMessageAsync(TimeSpan.FromMinutes(5), Cancellation);
        Assert.Equal(IntakeResult.AlreadyQueued, await pipeline.IngestAsync("a.jpg"));
    }

    [Fact]
    public async Task IngestAsync_LimitWasRaisedAfterARejection_TakesThePictureIn()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        using var small = new ImagePreparer(new() { MaxMegapixels = 1 });
        var strict = new ImageIntake(pipeline.Storage, small);
        await pipeline.UploadAsync("large.png", TestPicture.Plain([10, 20, 30], 1200, 1200).PngsaveBuffer());
        Assert.Equal(IntakeResult.Rejected, (await strict.IngestAsync("large.png", TestPipeline.Profile, Cancellation)).Result);
        Assert.Equal(IntakeResult.UpToDate, (await strict.IngestAsync("large.png", TestPipeline.Profile, Cancellation)).Result);
        Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("large.png"));
    }

    [Fact]
    public async Task IngestAsync_NotAnImageByContent_LeavesARejectedRecordWithTheWayOut()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("notes.jpg", "just text"u8.ToArray());
        Assert.Equal(IntakeResult.Rejected, await pipeline.IngestAsync("notes.jpg"));
        var blob = (await pipeline.Storage.Images.GetBlobClient("notes.jpg.json").DownloadContentAsync(Cancellation)).Value;
        Assert.Equal("application/json", blob.Details.ContentType);
        var json = JsonDocument.Parse(blob.Content).RootElement;
        Assert.Equal("rejected", json.GetProperty("status").GetString());
        Assert.Contains("notes.jpg", json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(json.GetProperty("error").GetProperty("code").GetString()!);
        Assert.NotEmpty(json.GetProperty("error").GetProperty("remedy").GetString()!);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(0, await pipeline.TicketsAsync());
        Assert.Equal(IntakeResult.UpToDate, await pipeline.IngestAsync("notes.jpg"));
    }

    [Fact]
    public async Task IngestAsync_SameBytesUploadedAgain_RefreshesTheRecordWithoutTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.IngestAsync("a.jpg");
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var first = await pipeline.RecordAsync("a.jpg");
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        Assert.Equal(IntakeResult.Refreshed, await pipeline.IngestAsync("a.jpg"));
        var second = await pipeline.RecordAsync("a.jpg");
        Assert.NotEqual(first!.Image.ETag, second!.Image.ETag);
        Assert.Equal(first.Generation, second.Generation);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(1, (await pipeline.SweepAsync()).UpToDate);
        Assert.Single(pipeline.Model.Calls);
    }

    [Fact]
    public async Task IngestAsync_ForeignJsonWhereTheRecordBelongs_LeavesItAloneAndSaysSo()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.UploadAsync("a.jpg.json", """{"mine":true}"""u8.ToArray());
        var outcome = await pipeline.Intake.IngestAsync("a.jpg", TestPipeline.Profile, Cancellation);
        Assert.Equal(IntakeResult.Blocked, outcome.Result);
        Assert.Contains("'a.jpg.json'", outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await pipeline.SweepAsync()).Blocked);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        var kept = await pipeline.Storage.Images.GetBlobClient("a.jpg.json").DownloadContentAsync(Cancellation);
        Assert.Equal("""{"mine":true}""", kept.Value.Content.ToString());
    }

    [Fact]
    public async Task IngestAsync_RecordCameBackWithoutItsMetadata_WritesTheMetadataWithoutTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        await pipeline.Storage.Images.GetBlobClient("a.jpg.json").SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: Cancellation);
        Assert.Equal(IntakeResult.Refreshed, await pipeline.IngestAsync("a.jpg"));
        BlobProperties record = await pipeline.Storage.Images.GetBlobClient("a.jpg.json").GetPropertiesAsync(cancellationToken: Cancellation);
        Assert.Equal(RecordStatus.Described, RecordReceipt.FromMetadata(record.Metadata)!.Status);
        Assert.Single(pipeline.Model.Calls);
    }

    [Fact]
    public async Task IngestAsync_ImageIsGone_SaysSo()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        Assert.Equal(IntakeResult.Gone, await pipeline.IngestAsync("never.jpg"));
        Assert.Equal(IntakeResult.NotAnImage, await pipeline.IngestAsync("a.jpg.json"));
        Assert.Empty(await pipeline.BlobNamesAsync());
    }
}
