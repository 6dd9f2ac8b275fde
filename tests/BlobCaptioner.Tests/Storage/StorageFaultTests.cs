using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Storage;

public sealed class StorageFaultTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(FaultyProxy.Fault.ServiceUnavailable))]
    [InlineData(nameof(FaultyProxy.Fault.CutAfterTheRequest))]
    public async Task RunAsync_StorageFailsForAWhile_DescribesEveryPictureAndBurnsNoTry(string fault)
    {
        var direct = await azurite.GetConnectionStringAsync(Cancellation);
        await using var pipeline = await TestPipeline.CreateAsync(direct);
        await using var proxy = new FaultyProxy(direct);
        var through = CaptionStorage.Connect(proxy.ConnectionString, pipeline.Storage.Options);
        for (var i = 0; i < 30; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        await pipeline.SweepAsync();
        var calls = 0;
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pipeline.Model.Script = async (_, cancel) =>
        {
            if (Interlocked.Increment(ref calls) == 10)
            {
                proxy.Set(Enum.Parse<FaultyProxy.Fault>(fault));
                waiting.SetResult();
            }

            // The tenth comes back into a broken world; more would only wait for it.
            if (calls > 10)
            {
                await healed.Task.WaitAsync(cancel);
            }
        };
        pipeline.StartLoop(TestPipeline.Fast with { Lease = TimeSpan.FromSeconds(2) }, storage: through);
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await WaitForFaultsAsync(proxy, 60);
        proxy.Set(FaultyProxy.Fault.None);
        healed.SetResult();
        await pipeline.RunUntilEmptyAsync();

        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        Assert.Equal((30, 30, 0, 0), (status.Images, status.Described, status.Failed, status.Poison));
        Assert.Equal(0, pipeline.Events.Count(PipelineEventKind.Retried));
        Assert.Equal(30, pipeline.Events.All.Where(e => e.Kind == PipelineEventKind.Described).Select(e => e.Name).Distinct().Count());
        for (var i = 0; i < 30; i++)
        {
            Assert.InRange((await pipeline.RecordAsync($"{i}.jpg"))!.Generation.Tries, 1, 3);
        }
    }

    [Theory]
    [InlineData(nameof(FaultyProxy.Fault.ServiceUnavailable))]
    [InlineData(nameof(FaultyProxy.Fault.CutAfterTheRequest))]
    public async Task Sweep_StorageFailsForAWhile_EnqueuesEveryPictureInTheSameSweep(string fault)
    {
        var direct = await azurite.GetConnectionStringAsync(Cancellation);
        await using var proxy = new FaultyProxy(direct);
        await using var pipeline = await TestPipeline.CreateAsync(direct);
        await using var through = await TestPipeline.CreateAsync(proxy.ConnectionString, names: pipeline.Storage.Options);
        for (var i = 0; i < 30; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        var sweeping = through.SweepAsync();
        await through.Events.WaitAsync(PipelineEventKind.Enqueued, 5);
        proxy.Set(Enum.Parse<FaultyProxy.Fault>(fault));
        await WaitForFaultsAsync(proxy, 30);
        proxy.Set(FaultyProxy.Fault.None);
        var summary = await sweeping;
        Assert.Equal((30, 0), (summary.Listed, summary.Errors));

        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        Assert.Equal((30, 30, 0, 0), (status.Images, status.Described, status.Failed, status.Poison));
    }

    [Fact]
    public async Task RunAsync_AzuriteStopsAndComesBack_GoesOnWhereItWas()
    {
        var folder = azurite.CreateFolder();
        var own = await AzuriteFixture.StartOwnAsync(folder, ports: null, Cancellation);
        try
        {
            await using var pipeline = await TestPipeline.CreateAsync(own.ConnectionString);
            for (var i = 0; i < 12; i++)
            {
                await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
            }

            await pipeline.SweepAsync();
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            pipeline.Model.Script = async (_, cancel) =>
            {
                entered.TrySetResult();
                await go.Task.WaitAsync(cancel);
            };
            pipeline.StartLoop(TestPipeline.Fast with { Lease = TimeSpan.FromSeconds(3) });
            await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            var ports = own.Ports;
            await own.DisposeAsync();
            go.SetResult();
            await pipeline.Events.WaitAsync(PipelineEventKind.StorageTrouble);
            own = await AzuriteFixture.StartOwnAsync(folder, ports, Cancellation);
            await pipeline.RunUntilEmptyAsync();
            var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
            Assert.Equal((12, 12, 0, 0), (status.Images, status.Described, status.QueueLength, status.Poison));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    // A real network forces the polling; the deadline is far above what it takes.
    private static async Task WaitForFaultsAsync(FaultyProxy proxy, int count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        while (proxy.Faults < count)
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }
}
