using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Storage;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The timer's function, called as its timer does.</summary>
public sealed class SweepTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_MissedThenCancelledThenAgain_EveryPictureGetsOneJob()
    {
        var connection = await azurite.GetConnectionStringAsync(Cancellation);
        await using var proxy = new FaultyProxy(connection);
        await using var app = await FunctionsApp.CreateAsync(connection, ImageTriggerSource.EventGrid, proxy.ConnectionString, connection);
        await app.StartAsync(listen: false);
        var missed = Enumerable.Range(0, 10).Select(i => $"missed/{i:00}.jpg").ToArray();
        await DropUntoldAsync(app, missed);
        Assert.True((await app.SweepAsync(Cancellation)).Succeeded);
        Assert.True((await app.SweepAsync(Cancellation)).Succeeded);
        Assert.Equal(10, await app.Pipeline.QueueLengthAsync());

        // The host stops, or the platform's time is up, while jobs are being sent.
        var more = Enumerable.Range(0, 10).Select(i => $"more/{i:00}.jpg").ToArray();
        await DropUntoldAsync(app, more);
        proxy.Set(FaultyProxy.Fault.SilentQueues);
        using (var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var sweep = app.SweepAsync(cancel.Token);
            await app.UntilAsync(() => Task.FromResult(proxy.Faults > 0), "the sweep sends a job");
            await cancel.CancelAsync();
            Assert.False((await sweep).Succeeded);
        }

        // It gave its places back, so the next one needn't wait.
        proxy.Set(FaultyProxy.Fault.None);
        Assert.True((await app.SweepAsync(Cancellation)).Succeeded);
        await app.AssertJobsAsync([.. missed, .. more]);
    }

    private static Task DropUntoldAsync(FunctionsApp app, string[] names) =>
        Task.WhenAll(names.Select(n => app.Pipeline.UploadAsync(n, TestPipeline.Picture(n.Length))));
}
