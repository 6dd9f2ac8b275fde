using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class ReuseTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_SameBytesUnderAnotherName_ReuseTheCopyWithoutTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await DescribeAsync(pipeline, "a.jpg");
        await DescribeAsync(pipeline, "\u978B/b.jpg", pictures: 2);
        var (first, second) = ((await pipeline.RecordAsync("a.jpg"))!, (await pipeline.RecordAsync("\u978B/b.jpg"))!);
        Assert.Equal(["a.jpg"], pipeline.Model.Calls);
        Assert.Equal("a.jpg", second.Generation.ReusedFrom);
        Assert.Equal((0, 0, 0), (second.Generation.PromptTokens, second.Generation.ImageTokens, second.Generation.OutputTokens));
        Assert.Equal(first.Copy["en"]["title"], second.Copy["en"]["title"]);
        Assert.Equal((first.Fingerprint, "model-hash-1"), (second.Fingerprint, second.Generation.ModelHash));
        Assert.Equal("trainedAlgorithmicMedia", second.Generation.DigitalSourceType);
        Assert.Equal(2, (await pipeline.SweepAsync()).UpToDate);
    }

    [Fact]
    public async Task RunAsync_SameBytesWithOtherFacts_AsksTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await DescribeAsync(pipeline, "a.jpg");
        var facts = new ProductFacts { Values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["brand"] = "Acme" } };
        pipeline.Folders = (name, basis) => ResolvedProfile.Of(basis, name == "b.jpg" ? facts : null);
        await DescribeAsync(pipeline, "b.jpg", pictures: 2);
        Assert.Equal(2, pipeline.Model.Calls.Count);
        Assert.Null((await pipeline.RecordAsync("b.jpg"))!.Generation.ReusedFrom);
    }

    [Fact]
    public async Task RunAsync_TheFirstWasDeleted_TheNextFindTheSecond()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await DescribeAsync(pipeline, "a.jpg");
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: Cancellation);
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg.json", cancellationToken: Cancellation);
        await DescribeAsync(pipeline, "b.jpg", pictures: 1);
        await DescribeAsync(pipeline, "c.jpg", pictures: 2);
        Assert.Equal(["a.jpg", "b.jpg"], pipeline.Model.Calls);
        Assert.Equal("b.jpg", (await pipeline.RecordAsync("c.jpg"))!.Generation.ReusedFrom);
    }

    [Fact]
    public async Task RunAsync_Forced_AsksTheModel()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await DescribeAsync(pipeline, "a.jpg");
        await DescribeAsync(pipeline, "b.jpg", pictures: 2);
        await pipeline.SweepAsync(force: true);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(3, pipeline.Model.Calls.Count);
        Assert.Null((await pipeline.RecordAsync("b.jpg"))!.Generation.ReusedFrom);
    }

    private static async Task DescribeAsync(TestPipeline pipeline, string name, int pictures = 1)
    {
        await pipeline.UploadAsync(name, TestPipeline.Picture());
        Assert.Equal(pictures, (await pipeline.SweepAsync()).Listed);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync(name))!.Status);
        Assert.Equal(PipelineEventKind.Described, pipeline.Events.All[^1].Kind);
    }
}
