using System.Diagnostics;
using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class TracingTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pipeline_PictureFromTriggerToRecord_IsOneTraceAcrossTheQueue()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (images, queue) = (pipeline.Storage.Images.Name, pipeline.Storage.Captions.Name);
        await pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
        using (var trigger = new Activity("trigger").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            trigger.TraceStateString = "shop=7";
            Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("shoes/red.jpg"));
            pipeline.StartLoop();
        }

        await pipeline.RunUntilEmptyAsync();

        var all = spans.All;
        Assert.Equal(
            ["prepare", "store prepared", $"send {queue}", $"intake {images}", "load", "caption", "write record", $"process {queue}"],
            all.Select(a => a.DisplayName));
        var (intake, send, process) = (spans.Single($"intake {images}"), spans.Single($"send {queue}"), spans.Single($"process {queue}"));
        Assert.Single(all.Select(a => a.TraceId).Distinct());
        Assert.Equal("trigger", intake.Parent!.OperationName);
        Assert.All(["prepare", "store prepared", $"send {queue}"], name => Assert.Equal(intake.SpanId, spans.Single(name).ParentSpanId));
        Assert.Equal(send.SpanId, process.ParentSpanId);
        Assert.True(process.HasRemoteParent);
        Assert.Equal(send.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.All(["load", "caption", "write record"], name => Assert.Equal(process.SpanId, spans.Single(name).ParentSpanId));
        Assert.Equal((ActivityKind.Internal, ActivityKind.Producer, ActivityKind.Consumer), (intake.Kind, send.Kind, process.Kind));
        Assert.All(all, a => Assert.Equal(ActivityStatusCode.Unset, a.Status));
        Assert.All(all, a => Assert.Equal("shop=7", a.TraceStateString));
    }

    [Fact]
    public async Task Pipeline_PictureDescribed_SpansNameItAndCarryNoCopy()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        var process = spans.Single($"process {pipeline.Storage.Captions.Name}");
        var send = spans.Single($"send {pipeline.Storage.Captions.Name}");
        Assert.Equal("a.jpg", process.GetTagItem("captioner.picture"));
        Assert.Equal("described", process.GetTagItem("captioner.state"));
        Assert.Equal("azure_queue_storage", process.GetTagItem("messaging.system"));
        Assert.Equal("process", process.GetTagItem("messaging.operation.type"));
        Assert.NotNull(process.GetTagItem("messaging.message.id"));
        Assert.Equal(send.GetTagItem("messaging.message.id"), process.GetTagItem("messaging.message.id"));
        var caption = spans.Single("caption");
        Assert.Equal(74, caption.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal(30, caption.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal(0.005, caption.GetTagItem("captioner.encode.duration"));
        Assert.All(spans.All.SelectMany(a => a.TagObjects), tag =>
        {
            var text = tag.Value?.ToString() ?? "";
            Assert.InRange(text.Length, 0, 1024);
            Assert.DoesNotContain("Krus", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Sweep_TwoPictures_EachGetsATraceThatLinksToTheSweeps()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("b.jpg", TestPipeline.Picture(2));
        using var timer = new Activity("timer").SetIdFormat(ActivityIdFormat.W3C).Start();
        await pipeline.SweepAsync();
        Assert.Same(timer, Activity.Current);

        var intakes = spans.All.Where(a => a.DisplayName.StartsWith("intake", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, intakes.Length);
        Assert.Equal(3, intakes.Select(a => a.TraceId).Append(timer.TraceId).Distinct().Count());
        Assert.All(intakes, a => Assert.Equal(timer.SpanId, Assert.Single(a.Links).Context.SpanId));
    }

    [Fact]
    public async Task Pipeline_ModelFailsOnce_TheFirstTryIsAnErrorAndBothAreInOneTrace()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        var calls = 0;
        pipeline.Model.Script = (_, _) => Interlocked.Increment(ref calls) == 1
            ? throw new CaptionException("decoder-failed", "It said: secret words.", "Try again.", retry: true)
            : Task.CompletedTask;
        await pipeline.IngestAsync("a.jpg");
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        var tries = spans.All.Where(a => a.Kind == ActivityKind.Consumer).OrderBy(a => a.StartTimeUtc).ToArray();
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], tries.Select(a => a.Status));
        Assert.Equal(["retried", "described"], tries.Select(a => a.GetTagItem("captioner.state")));
        Assert.Equal("decoder-failed", tries[0].GetTagItem("error.type"));
        Assert.Equal(1, tries[1].GetTagItem("captioner.tries"));
        var captions = spans.All.Where(a => a.DisplayName == "caption").OrderBy(a => a.StartTimeUtc);
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], captions.Select(a => a.Status));
        Assert.Single(spans.All.Select(a => a.TraceId).Distinct());
        Assert.DoesNotContain("secret", string.Concat(spans.All.SelectMany(a => a.TagObjects.Select(t => $"{t.Value}").Append(a.StatusDescription))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestAsync_BrokenPicture_IsAResultAndNoError()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", "no picture"u8.ToArray());
        await pipeline.IngestAsync("a.jpg");
        var intake = spans.Single($"intake {pipeline.Storage.Images.Name}");
        Assert.Equal(ActivityStatusCode.Unset, intake.Status);
        Assert.Equal("Rejected", intake.GetTagItem("captioner.outcome"));
        Assert.Equal((await pipeline.RecordAsync("a.jpg"))!.Error!.Code, intake.GetTagItem("captioner.code"));
    }

    [Fact]
    public async Task IngestAsync_StorageRefuses_SetsTheErrorStatus()
    {
        using var spans = new SpanLog();
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => pipeline.IngestAsync("a.jpg"));
        Assert.All(
            [$"send {pipeline.Storage.Captions.Name}", $"intake {pipeline.Storage.Images.Name}"],
            name => Assert.Equal((ActivityStatusCode.Error, "Azure.RequestFailedException"), (spans.Single(name).Status, spans.Single(name).GetTagItem("error.type"))));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("00-zz-not-a-trace-01")]
    public async Task Pipeline_JobWithoutAUsableTrace_IsDescribedInATraceOfItsOwn(string? traceParent)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.IngestAsync("a.jpg");
        var message = (await pipeline.Storage.Captions.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        Assert.Null(job!.TraceParent);
        Assert.DoesNotContain("trace", Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString())), StringComparison.Ordinal);
        await pipeline.Storage.Captions.UpdateMessageAsync(
            message.MessageId, message.PopReceipt, CaptionMessage.Format(job with { TraceParent = traceParent }), cancellationToken: Cancellation);

        using var spans = new SpanLog();
        using var surroundings = new Activity("host").SetIdFormat(ActivityIdFormat.W3C).Start();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var process = spans.Single($"process {pipeline.Storage.Captions.Name}");
        Assert.Null(process.ParentId);
        Assert.Empty(process.Links);
        Assert.NotEqual(surroundings.TraceId, process.TraceId);
        Assert.Equal("described", process.GetTagItem("captioner.state"));
    }
}
