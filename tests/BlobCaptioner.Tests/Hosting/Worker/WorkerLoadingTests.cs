using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Worker;

/// <summary>A host that ends while its model still loads in native code, which no token stops.</summary>
public sealed class WorkerLoadingTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HandBack = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_LoadCannotBeStopped_WaitsForTheHandBackTimeAndNotForTheGrace()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var time = new FakeTimeProvider();
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var host = await StartAsync(pipeline, time, async _ =>
        {
            entered.SetResult();
            await go.Task;
            return pipeline.Model;
        });
        await entered.Task.WaitAsync(Deadline, Cancellation);
        var state = host.Services.GetRequiredService<WorkerState>();

        var began = time.GetUtcNow();
        var stopping = host.StopAsync(CancellationToken.None);
        await Cli.Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(stopping.IsCompleted);
        }, "the host has stopped");

        Assert.InRange(time.GetUtcNow() - began, HandBack, Grace / 2);
        Assert.Equal((WorkerPhase.Ended, 0), (state.Phase, state.ExitCode));
        Assert.Empty(pipeline.Model.Calls);

        // The model comes too late: it is not used, and the exit code stays.
        go.SetResult();
        await host.Services.GetServices<IHostedService>().OfType<CaptionWorker>().Single().ExecuteTask!.WaitAsync(Deadline, Cancellation);
        Assert.Empty(pipeline.Model.Calls);
        Assert.Equal(0, state.ExitCode);
    }

    [Fact]
    public async Task AddCaptionWorker_GraceSet_HostWaitsLongerThanTheWorker()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        using var host = await BuildAsync(pipeline, TimeProvider.System, _ => Task.FromResult<ICaptionModel>(pipeline.Model));

        Assert.InRange(host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout, Grace + TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(6));
    }

    private async Task<IHost> StartAsync(TestPipeline pipeline, TimeProvider time, CaptionModelFactory load)
    {
        var host = await BuildAsync(pipeline, time, load);
        await host.StartAsync(Cancellation);
        return host;
    }

    private async Task<IHost> BuildAsync(TestPipeline pipeline, TimeProvider time, CaptionModelFactory load)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        var names = pipeline.Storage.Options;
        builder.Configuration.AddInMemoryCollection(
        [
            new("CaptionStorage", await azurite.GetConnectionStringAsync(Cancellation)), new("Storage:ImagesContainer", names.ImagesContainer),
            new("Storage:PreparedContainer", names.PreparedContainer), new("Storage:CaptionsQueue", names.CaptionsQueue), new("Storage:PoisonQueue", names.PoisonQueue),
            new("Worker:ShutdownGrace", Grace.ToString()), new("Worker:HandBackTime", HandBack.ToString()),
        ]);
        builder.Services.AddSingleton(time);
        builder.Services.AddCaptionWorker(builder.Configuration, _ => load);
        return builder.Build();
    }
}
