using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Storage;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The worker's end in the middle of intake.</summary>
public sealed class WorkerKilledTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Kill_InMidIntake_LosesAndDoublesNothing()
    {
        var connection = await azurite.GetConnectionStringAsync(TestContext.Current.CancellationToken);
        await using var proxy = new FaultyProxy(connection);
        await using var app = await FunctionsApp.CreateAsync(connection, ImageTriggerSource.EventGrid, proxy.ConnectionString, connection);
        await app.StartAsync();

        // Pictures are prepared and have tickets; no message can be sent.
        proxy.Set(FaultyProxy.Fault.SilentQueues);
        var names = Enumerable.Range(0, 12).Select(i => $"kill/{i:00}.jpg").ToArray();
        await Task.WhenAll(names.Select(app.DropAsync));
        await app.UntilAsync(async () => app.Host.Running > 0 && await app.Pipeline.TicketsAsync() > 0, "intake is in the middle");
        app.Host.KillWorker();
        proxy.Set(FaultyProxy.Fault.None);
        await app.UntilAsync(() => Task.FromResult(names.All(n => app.CallsFor(n).Any(c => c.Succeeded))), "every picture was tried again");
        Assert.Equal(1, app.Host.Restarts);
        Assert.Contains(app.Host.Calls, c => c.Result is null);

        // Those whose message the dead worker could not send wait for a sweep.
        var swept = await app.Pipeline.SweepAsync();
        Assert.InRange(swept.Resent, 1, 4);
        await app.AssertJobsAsync(names);
        Assert.DoesNotContain(await app.Pipeline.BlobNamesAsync(), n => n.EndsWith(".json", StringComparison.Ordinal));
    }
}
