using BlobCaptioner.Records;
using BlobCaptioner.Remote;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>The whole way of a picture with a server for a model: from the container over the queue to the record.</summary>
public sealed class RemotePipelineTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Queue_ServerNeverAnswersUsably_EndsAsFailedRecordAfterOneRepair()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("""{"category":"mug","color":""", "length");
        await using var model = RemoteCaptionModel.Create(server.Options());
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = await DescribeAsync(pipeline, model);
        Assert.Equal((RecordStatus.Failed, "bad-answer", 1), (record.Status, record.Error!.Code, record.Generation.Tries));
        Assert.Equal(("stub", "OpenAI-compatible server"), (record.Generation.ModelHash, record.Generation.Engine));
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal("bad-answer", Assert.Single(await pipeline.PoisonAsync()).Code);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task Queue_ServerRepairsItsAnswer_RecordSaysWhatItCost()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Answer("Sure! Here it is."));
        await using var model = RemoteCaptionModel.Create(server.Options(o => (o.InputPricePerMillion, o.OutputPricePerMillion, o.Currency) = (1m, 10m, "EUR")));
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = await DescribeAsync(pipeline, model);
        Assert.Equal(RecordStatus.Described, record.Status);
        Assert.Equal((200, 40, 1, 0.0006m, "EUR", "stub-model-2 fp_7"), (
            record.Generation.PromptTokens, record.Generation.OutputTokens, record.Generation.Repairs, record.Generation.Cost, record.Generation.Currency, record.Generation.ServedBy));
        Assert.Null(record.Attributes!["category"].Confidence);
    }

    [Fact]
    public async Task Queue_ContentFilterRefuses_EndsAsRejectedRecordAfterOneRequest()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Refuse(400, "content_filter", "The prompt was filtered");
        await using var model = RemoteCaptionModel.Create(server.Options());
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = await DescribeAsync(pipeline, model);
        Assert.Equal((RecordStatus.Rejected, "content-filtered"), (record.Status, record.Error!.Code));
        Assert.Single(server.Requests);
        Assert.Empty(await pipeline.PoisonAsync());
    }

    [Fact]
    public async Task Queue_ServerIsDownForAWhile_PictureGoesBackToTheQueueAndIsDescribed()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(503, "", "loading"), StubServer.Refuse(503, "", "loading"));
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.MaxRetries = 0));
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var record = await DescribeAsync(pipeline, model);
        Assert.Equal((RecordStatus.Described, 3), (record.Status, record.Generation.Tries));
    }

    private static async Task<CaptionRecord> DescribeAsync(TestPipeline pipeline, RemoteCaptionModel model)
    {
        await pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
        await pipeline.IngestAsync("shoes/red.jpg");
        pipeline.StartLoop(model: model);
        await pipeline.RunUntilEmptyAsync();
        return (await pipeline.RecordAsync("shoes/red.jpg"))!;
    }
}
