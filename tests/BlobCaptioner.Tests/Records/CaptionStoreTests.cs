using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Records;

public sealed class CaptionStoreTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_ManyWritersAtOnce_OneWritesAndTheOthersSeeIt()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var etag = await UploadAsync(pipeline);
        var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => pipeline.Store.WriteAsync(Record(pipeline, etag, $"worker-{i}"), replaces: null, Cancellation)));
        Assert.Single(writes, RecordWrite.Written);
        Assert.Equal(7, writes.Count(w => w == RecordWrite.AlreadyThere));
    }

    [Fact]
    public async Task WriteAsync_RepeatedAfterALostAnswer_SaysWritten()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = Record(pipeline, await UploadAsync(pipeline));
        Assert.Equal(RecordWrite.Written, await pipeline.Store.WriteAsync(record, replaces: null, Cancellation));
        Assert.Equal(RecordWrite.Written, await pipeline.Store.WriteAsync(record, replaces: null, Cancellation));
    }

    [Fact]
    public async Task WriteAsync_RepeatedWhenTheImageIsGone_TakesItsOwnRecordAwayAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = Record(pipeline, await UploadAsync(pipeline));
        await pipeline.Store.WriteAsync(record, replaces: null, Cancellation);
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: Cancellation);
        Assert.Equal(RecordWrite.ImageGone, await pipeline.Store.WriteAsync(record, replaces: null, Cancellation));
        Assert.Empty(await pipeline.BlobNamesAsync());
    }

    [Fact]
    public async Task WriteAsync_ImageWasReplaced_LeavesTheNewerVersionsRecord()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var old = Record(pipeline, await UploadAsync(pipeline));
        var fresh = Record(pipeline, await UploadAsync(pipeline));
        Assert.Equal(RecordWrite.Written, await pipeline.Store.WriteAsync(fresh, replaces: null, Cancellation));
        Assert.Equal(RecordWrite.ImageChanged, await pipeline.Store.WriteAsync(old, replaces: null, Cancellation));
        Assert.Equal(fresh.Image.ETag, (await pipeline.RecordAsync("a.jpg"))!.Image.ETag);
    }

    [Fact]
    public async Task WriteAsync_FailedAfterDescribed_KeepsTheCopy()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var described = Record(pipeline, await UploadAsync(pipeline));
        await pipeline.Store.WriteAsync(described, replaces: null, Cancellation);
        var failed = described with { Status = RecordStatus.Failed, Generation = described.Generation with { Worker = "other" } };
        Assert.Equal(RecordWrite.AlreadyThere, await pipeline.Store.WriteAsync(failed, replaces: null, Cancellation));
    }

    [Fact]
    public async Task WriteAsync_ForeignFileThere_IsBlocked()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = Record(pipeline, await UploadAsync(pipeline));
        await pipeline.UploadAsync("a.jpg.json", "[1, 2]"u8.ToArray());
        Assert.Equal(RecordWrite.Blocked, await pipeline.Store.WriteAsync(record, replaces: null, Cancellation));
    }

    [Fact]
    public async Task StoreStatus_EveryKindOfImage_CountsEachOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        foreach (var name in (string[])["described", "rejected", "failed", "waiting", "old", "blocked"])
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture());
            var etag = await pipeline.Store.GetImageETagAsync(name, Cancellation);
            var status = name switch
            {
                "rejected" => RecordStatus.Rejected,
                "failed" => RecordStatus.Failed,
                _ => RecordStatus.Described,
            };
            if (name is "described" or "rejected" or "failed" or "old")
            {
                await pipeline.Store.WriteAsync(Record(pipeline, etag!, name: name) with { Status = status }, replaces: null, Cancellation);
            }
        }

        await pipeline.UploadAsync("old", TestPipeline.Picture(2));
        await pipeline.UploadAsync("blocked.json", "{}"u8.ToArray());
        await pipeline.Storage.Captions.SendMessageAsync("x", Cancellation);
        await pipeline.Storage.Poison.SendMessageAsync("x", Cancellation);
        await pipeline.Storage.Poison.SendMessageAsync("y", Cancellation);
        var counts = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        Assert.Equal((6, 1, 1, 1), (counts.Images, counts.Described, counts.Rejected, counts.Failed));
        Assert.Equal((1, 1, 1), (counts.Waiting, counts.OutOfDate, counts.Blocked));
        Assert.Equal((1, 2), (counts.QueueLength, counts.Poison));
        Assert.InRange(counts.OldestWait!.Value, TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(2));
    }

    private static async Task<string> UploadAsync(TestPipeline pipeline)
    {
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        return (await pipeline.Store.GetImageETagAsync("a.jpg", Cancellation))!;
    }

    private static CaptionRecord Record(TestPipeline pipeline, string etag, string worker = "me", string name = "a.jpg") => new()
    {
        Status = RecordStatus.Described,
        Image = new() { Container = pipeline.Storage.Images.Name, Name = name, ETag = etag, ContentHash = "c" },
        Profile = new("default", TestPipeline.Profile.Version),
        Generation = new() { Preparation = "1", ModelHash = "m", Worker = worker, At = TimeProvider.System.GetUtcNow() },
        Fingerprint = Fingerprint.Compute("c", "1", TestPipeline.Profile.Version, "m"),
    };
}
