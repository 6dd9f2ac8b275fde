using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which one picture, record or call of the model is odd, and the others must not notice.</summary>
public sealed class PictureScheduleTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScheduleI_ReplacedByTheSameBytesInMidCaption_TheCaptionHolds()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("i.jpg", TestPipeline.Picture());
        pipeline.Model.Script = async (_, _) =>
        {
            pipeline.Model.Script = null;
            await pipeline.UploadAsync("i.jpg", TestPipeline.Picture());
        };
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        var record = (await pipeline.RecordAsync("i.jpg"))!;
        Assert.Equal(await pipeline.Store.GetImageETagAsync("i.jpg", Cancellation), record.Image.ETag);
        Assert.Equal(1, (await pipeline.SweepAsync()).UpToDate);
        Assert.Single(pipeline.Model.Calls);
    }

    [Theory]
    [InlineData("""{"flags":[null]}""")]
    [InlineData("""{"schemaVersion":1,"flags":[null]}""")]
    [InlineData("""{"schemaVersion":1,"status":"described","review":{"edits":{"copy":{"en":{"title":"x"},"en":{"title":"y"}}}}}""")]
    public async Task ScheduleG_OneRecordIsBroken_TheOthersAreDescribed(string content)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("bad.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync(ImageNames.RecordFor("bad.jpg"), System.Text.Encoding.UTF8.GetBytes(content));
        await pipeline.UploadAsync("good.jpg", TestPipeline.Picture(2));
        for (var restarts = 0; restarts < 2; restarts++)
        {
            Assert.Equal(1, (await pipeline.SweepAsync()).Blocked);
            pipeline.StartLoop();
            await pipeline.RunUntilEmptyAsync();
        }

        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("good.jpg"))!.Status);
        Assert.Equal(["good.jpg"], pipeline.Model.Calls);
    }

    [Fact]
    public async Task ScheduleS_ASuspectsCallNeverReturns_TheOthersAreDescribed()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        string[] others = ["s1.jpg", "s2.jpg", "s3.jpg"];
        await pipeline.UploadAsync("s0.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.VanishAsync("s0.jpg", tries: 2);
        foreach (var (name, seed) in others.Select((n, i) => (n, i + 1)))
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(seed));
        }

        await pipeline.SweepAsync();
        var hangs = new TaskCompletionSource();
        pipeline.Model.Script = (image, _) => image.Name == "s0.jpg" ? hangs.Task : Task.CompletedTask;
        pipeline.StartLoop(TestPipeline.Fast with { ModelTimeout = TimeSpan.FromSeconds(1) });
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(others.Select(pipeline.RecordAsync))).All(r => r is { Status: RecordStatus.Described }), "the others described");
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Failed, (await pipeline.RecordAsync("s0.jpg"))!.Status);
    }
}
