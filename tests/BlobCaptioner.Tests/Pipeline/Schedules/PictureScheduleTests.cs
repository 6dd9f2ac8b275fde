using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which one picture, record or call of the model is odd, and the others must not notice.</summary>
public sealed class PictureScheduleTests(AzuriteFixture azurite)
{
    private const string ReportedName = "autumn/IMG_2042.png";

    // As it lay beside that picture and stopped every start.
    private const string ReportedRecord =
        """{"schemaVersion": 1, "status": "described", "image": {"container": "images", "name": "autumn/IMG_2042.png", "eTag": "0x271285271BED300", "contentHash":"""
        + """ "3edbe1ad0685edca8271de05f9028257611a942a585ee47f7de806c65adfd917", "format": "png", "width": 192, "height": 256}, "profile": {"name": "default", "version":"""
        + """ "a82edfb26dd8bb67", "languages": ["en"]}, "copy": {"en": {"title": "Blue striped shirt", "bullets": ["Blue color", "Striped pattern", "Made of cotton","""
        + """ "For everyday wear"], "description": "A blue striped shirt made of cotton. Good for everyday wear.", "alt_text": "A blue striped shirt on a busy background","""
        + """ "seo_title": "Blue cotton shirt", "meta_description": "Blue striped shirt made of cotton, for everyday wear.", "keywords": ["blue shirt", "striped shirt","""
        + """ "cotton shirt"]}}, "attributes": {"is_product": {"value": "yes", "confidence": 1, "evidence": "seen"}, "category": {"value": "Apparel > Shirts","""
        + """ "confidence": 0.999, "evidence": "seen"}, "color": {"value": ["Blue"], "confidence": 0.9996, "evidence": "seen"}, "material": {"value": ["Cotton"],"""
        + """ "confidence": 0.9994, "evidence": "seen"}, "pattern": {"value": "Striped", "confidence": 0.9999, "evidence": "seen"}, "style": {"value": "Casual", "confidence": 1,"""
        + """ "evidence": "seen"}, "gender": {"value": "unisex", "confidence": 1, "evidence": "seen"}, "age_group": {"value": "adult", "confidence": 1, "evidence": "seen"},"""
        + """ "brand": {"value": null, "confidence": 1, "evidence": "unknown"}, "visible_text": {"value": null, "confidence": 1, "evidence": "unknown"}}, "flags": [null],"""
        + """ "error": null, "generation": {"model": "BlobCaptioner sample model", "modelHash": "c9c3a07db9ef87812ad3cc307004e12db11731d296f7ed79785530cf0322fb42", "engine":"""
        + """ "llama.cpp v0.5.0", "sampler": {"temperature": 0.7, "topP": 0.8, "topK": 20, "presencePenalty": 0.5, "seed": 0}, "digitalSourceType": "trainedAlgorithmicMedia","""
        + """ "prepared": "eee32e39bf0844f54da82c7879be55fcc9883ea2e9c6da778a45bbfb98d2611e.jpg", "preparation": "1;bg=#ffffff;q=92;t=576", "promptTokens": 592,"""
        + """ "imageTokens": 48, "outputTokens": 160, "sampledTokens": 79, "totalMs": 1083, "queuedMs": 882, "encodeMs": 65, "prefillMs": 29, "decodeMs": 88, "worker":"""
        + """ "vm/23926", "at": "2026-11-29T08:12:21.8983943+00:00", "tries": 1}, "fingerprint": "13d539a7d32554125fc7930052a9ba3a8b681b6ca4227239fd6a813803317226","""
        + """ "review": null}""";

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
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARecordThatAnotherProgramLeases_EndsItsPictureAndNotTheWorker(bool beforeTheModel)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(2));
        var lease = pipeline.Storage.Images.GetBlobClient("a.jpg.json").GetBlobLeaseClient();
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
        if (beforeTheModel)
        {
            await lease.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: Cancellation);
        }
        else
        {
            pipeline.Model.Script = async (_, _) => await lease.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: Cancellation);
        }

        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal((0, beforeTheModel ? 1 : 2), (await pipeline.TicketsAsync(), pipeline.Model.Calls.Count));
        Assert.Equal(1, (await pipeline.SweepAsync()).Blocked);
        Assert.Equal("record-leased", pipeline.Events.All.Last(e => e.Kind == PipelineEventKind.Blocked).Error!.Code);

        pipeline.Model.Script = null;
        await lease.BreakAsync(TimeSpan.Zero, cancellationToken: Cancellation);
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
    }

    [Theory]
    [InlineData("bad.jpg", """{"flags":[null]}""")]
    [InlineData("bad.jpg", """{"schemaVersion":1,"flags":[null]}""")]
    [InlineData("bad.jpg", """{"schemaVersion":1,"status":"described","review":{"edits":{"copy":{"en":{"title":"x"},"en":{"title":"y"}}}}}""")]
    [InlineData(ReportedName, ReportedRecord)]
    public async Task ScheduleG_OneRecordIsBroken_TheOthersAreDescribed(string name, string content)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(name, TestPipeline.Picture(1));
        await pipeline.UploadAsync(ImageNames.RecordFor(name), System.Text.Encoding.UTF8.GetBytes(content));
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
