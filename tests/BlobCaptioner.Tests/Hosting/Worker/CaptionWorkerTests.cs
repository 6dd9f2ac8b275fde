using System.Net;
using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Inference;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Worker;

public sealed class CaptionWorkerTests(AzuriteFixture azurite)
{
    private const string WarmUp = "self-test.jpg";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ready_ModelWarmsUp_IsUnavailableUntilItHasDescribedAPicture()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await EnqueueAsync(pipeline);
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        pipeline.Model.Script = (image, cancel) => image.Name == WarmUp ? EnterAsync(entered, go, cancel) : Task.CompletedTask;
        await using var app = await StartAsync(pipeline);

        await entered.Task.WaitAsync(Deadline, Cancellation);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Starting"), await app.GetAsync(WorkerEndpoints.Ready));
        Assert.Equal((HttpStatusCode.OK, "Starting"), await app.GetAsync(WorkerEndpoints.Live));
        Assert.Equal([WarmUp], pipeline.Model.Calls);

        go.SetResult();
        await app.BecomesAsync(WorkerEndpoints.Ready, HttpStatusCode.OK, "Ready");
        await Cli.Eventually.TrueAsync(async () => await pipeline.RecordAsync("a.jpg") is { Status: RecordStatus.Described }, "described");
        await app.StopAsync();
        Assert.Equal((WorkerPhase.Ended, 0), (app.State.Phase, app.State.ExitCode));
    }

    [Fact]
    public async Task Stop_APictureRuns_IsFinishedWhileHealthIsServed()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await EnqueueAsync(pipeline);
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        pipeline.Model.Script = (image, cancel) => image.Name == WarmUp ? Task.CompletedTask : EnterAsync(entered, go, cancel);
        await using var app = await StartAsync(pipeline);
        await entered.Task.WaitAsync(Deadline, Cancellation);

        var stopping = app.StopAsync();
        await app.BecomesAsync(WorkerEndpoints.Ready, HttpStatusCode.ServiceUnavailable, "Draining");
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync(WorkerEndpoints.Live)).Status);
        Assert.False(stopping.IsCompleted);
        go.SetResult();
        await stopping.WaitAsync(Deadline, Cancellation);

        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("a.jpg"))?.Status);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(0, app.State.ExitCode);
    }

    [Fact]
    public async Task Stop_APictureDoesNotFinish_GoesBackAtOnceWithoutATry()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await EnqueueAsync(pipeline);
        var entered = new TaskCompletionSource();
        pipeline.Model.Script = (image, cancel) => image.Name == WarmUp ? Task.CompletedTask : EnterAsync(entered, new(), cancel);
        await using var app = await StartAsync(pipeline, ("Worker:ShutdownGrace", "00:00:31"), ("Worker:HandBackTime", "00:00:30"), ("Queue:Lease", "00:10:00"));
        await entered.Task.WaitAsync(Deadline, Cancellation);

        await app.StopAsync().WaitAsync(Deadline, Cancellation);

        // The lease has ten minutes to go: visible now is handed back.
        var message = (await pipeline.Storage.Captions.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        Assert.Equal("a.jpg", job!.Name);
        Assert.Empty((await pipeline.TicketAsync("a.jpg"))!.Tries);
        Assert.Null(await pipeline.RecordAsync("a.jpg"));
        Assert.Equal((WorkerPhase.Ended, 0), (app.State.Phase, app.State.ExitCode));
    }

    [Fact]
    public async Task Stop_ModelStillLoads_EndsWithoutWaitingForIt()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var entered = new TaskCompletionSource();
        await using var app = await StartAsync(pipeline, async cancel =>
        {
            await EnterAsync(entered, new(), cancel);
            return pipeline.Model;
        });
        await entered.Task.WaitAsync(Deadline, Cancellation);

        await app.StopAsync().WaitAsync(Deadline, Cancellation);

        Assert.Equal(0, app.State.ExitCode);
        Assert.Empty(pipeline.Model.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_ModelFails_EndsTheProcessWithExitCode1(bool atLoad)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await EnqueueAsync(pipeline);
        pipeline.Model.Script = (_, _) => throw new CaptionException("decoder-failed", "no memory", "Free some.", retry: true);
        await using var app = await StartAsync(
            pipeline, _ => atLoad ? throw new SequenceDecoderException("no memory") : Task.FromResult<ICaptionModel>(pipeline.Model));

        await app.EndsAsync().WaitAsync(Deadline, Cancellation);

        Assert.Equal((WorkerPhase.Failed, 1, "no memory"), (app.State.Phase, app.State.ExitCode, app.State.Failure));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.DoesNotContain("a.jpg", pipeline.Model.Calls);
    }

    private static async Task EnterAsync(TaskCompletionSource entered, TaskCompletionSource go, CancellationToken cancel)
    {
        entered.TrySetResult();
        await go.Task.WaitAsync(cancel);
    }

    private static async Task EnqueueAsync(TestPipeline pipeline)
    {
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.Intake.IngestAsync("a.jpg", BuiltInProfiles.Sample, Cancellation);
        Assert.Equal(1, await pipeline.QueueLengthAsync());
    }

    private Task<WorkerApp> StartAsync(TestPipeline pipeline, params (string Key, string Value)[] settings) =>
        StartAsync(pipeline, _ => Task.FromResult<ICaptionModel>(pipeline.Model), settings);

    private async Task<WorkerApp> StartAsync(TestPipeline pipeline, CaptionModelFactory load, params (string Key, string Value)[] settings) =>
        await WorkerApp.StartAsync(await azurite.GetConnectionStringAsync(Cancellation), pipeline.Storage.Options, load, settings);
}
