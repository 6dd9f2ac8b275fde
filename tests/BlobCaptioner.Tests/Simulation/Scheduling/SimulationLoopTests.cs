using Azure;
using Azure.Storage.Blobs.Models;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Scheduling;

public sealed class SimulationLoopTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Run_OneSeed_TakesTheSameStepsEachTime()
    {
        var runs = Enumerable.Range(0, 3).Select(_ => Chatter(7)).ToList();
        Assert.Single(runs.Distinct());
        Assert.NotEqual(runs[0], Chatter(8));
    }

    [Fact]
    public void Run_WritersOfOneBlob_OneWins()
    {
        var winners = new HashSet<string>();
        for (var seed = 0UL; seed < 40; seed++)
        {
            var loop = new SimulationLoop(new(seed), Start);
            var won = new List<string>();
            Setup(loop);
            foreach (var name in new[] { "a", "b", "c" })
            {
                var process = new SimulatedProcess(loop, name);
                _ = process.Start(async () =>
                {
                    try
                    {
                        await process.Storage.Images.GetBlobClient("x").UploadAsync(
                            BinaryData.FromString(name), new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } }, CancellationToken.None);
                        won.Add(name);
                    }
                    catch (RequestFailedException error) when (error.Status == 409)
                    {
                    }
                });
            }

            loop.Run(Start + TimeSpan.FromMinutes(1));
            winners.Add(Assert.Single(won));
        }

        Assert.Equal(3, winners.Count);
    }

    [Fact]
    public void Run_HoursOfWaiting_TakesNoTime()
    {
        var loop = new SimulationLoop(new(1), Start);
        var process = new SimulatedProcess(loop, "a", skew: TimeSpan.FromMinutes(5));
        var seen = new List<TimeSpan>();
        _ = process.Start(async () =>
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Delay(TimeSpan.FromHours(8), process.Time, CancellationToken.None);
                seen.Add(process.Time.GetUtcNow() - loop.Now);
            }
        });
        Assert.False(loop.Run(Start + TimeSpan.FromDays(2)));
        Assert.Equal(TimeSpan.FromHours(24), loop.Now - Start);
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromMinutes(5), 3), seen);
    }

    [Fact]
    public void Kill_InTheMiddle_NothingMoreOfItRuns()
    {
        var loop = new SimulationLoop(new(1), Start);
        Setup(loop);
        var process = new SimulatedProcess(loop, "a");
        var after = 0;
        _ = process.Start(async () =>
        {
            try
            {
                await Task.WhenAll(
                    process.Storage.Images.GetBlobClient("x").UploadAsync(BinaryData.FromString("x"), CancellationToken.None),
                    Task.Delay(TimeSpan.FromSeconds(5), process.Time, CancellationToken.None));
            }
            finally
            {
                after++;
            }
        });
        loop.Fate = request => new(Fault.DieAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        loop.Run(Start + TimeSpan.FromMinutes(1));
        Assert.True(process.IsDead);
        Assert.Equal(0, after);
        Assert.NotNull(loop.Store.Blobs.Find("images", "x"));
    }

    [Fact]
    public void Run_CodeOnTheThreadPool_FailsTheRun()
    {
        var loop = new SimulationLoop(new(1), Start);
        Setup(loop);
        var process = new SimulatedProcess(loop, "a");
        _ = process.Start(() => Task.Run(() => process.Storage.Images.ExistsAsync(CancellationToken.None)));
        var error = Assert.Throws<SimulationEscapeException>((Action)(() =>
        {
            // the pool's thread comes when it likes
            while (true)
            {
                loop.Run(Start);
                Thread.Yield();
            }
        }));
        Assert.Contains("thread pool", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Fault.CutBefore), false)]
    [InlineData(nameof(Fault.CutAfter), true)]
    [InlineData(nameof(Fault.Silent), true)]
    [InlineData(nameof(Fault.Busy), false)]
    [InlineData(nameof(Fault.Forbidden), false)]
    [InlineData(nameof(Fault.SignIn), false)]
    public void Fate_FaultOfAnUpload_TellsTheCallerAndMayHaveWritten(string fault, bool isWritten)
    {
        var loop = new SimulationLoop(new(1), Start);
        Setup(loop);
        var process = new SimulatedProcess(loop, "a");
        Exception? thrown = null;
        _ = process.Start(async () =>
            thrown = await Record.ExceptionAsync(() => process.Storage.Images.GetBlobClient("x").UploadAsync(BinaryData.FromString("x"), CancellationToken.None)));
        loop.Fate = _ => new(Enum.Parse<Fault>(fault), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        loop.Run(Start + TimeSpan.FromMinutes(1));
        Assert.NotNull(thrown);
        Assert.Equal(isWritten, loop.Store.Blobs.Find("images", "x") is not null);
    }

    [Fact]
    public void Cancel_ARequestUnderWay_EndsItInTheProcess()
    {
        var loop = new SimulationLoop(new(1), Start);
        Setup(loop);
        var process = new SimulatedProcess(loop, "a");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2), process.Time);
        Exception? thrown = null;
        _ = process.Start(async () => thrown = await Record.ExceptionAsync(() => process.Storage.Images.ExistsAsync(stop.Token)));
        loop.Fate = _ => new(Fault.None, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        loop.Run(Start + TimeSpan.FromSeconds(3));
        Assert.IsAssignableFrom<OperationCanceledException>(thrown);
    }

    private static (ulong Trace, long Steps) Chatter(ulong seed)
    {
        var loop = new SimulationLoop(new(seed), Start);
        Setup(loop);
        foreach (var name in new[] { "a", "b" })
        {
            var process = new SimulatedProcess(loop, name);
            _ = process.Start(() => Parallel.ForEachAsync(
                Enumerable.Range(0, 20), new ParallelOptions { MaxDegreeOfParallelism = 4, TaskScheduler = TaskScheduler.Current }, async (i, cancel) =>
                {
                    await process.Storage.Images.GetBlobClient($"{i}").UploadAsync(BinaryData.FromString(name), overwrite: true, cancel);
                    await process.Storage.Captions.SendMessageAsync($"{i}", cancel);
                    await foreach (var blob in process.Storage.Images.GetBlobsAsync(new GetBlobsOptions(), cancel))
                    {
                        _ = blob;
                    }
                }));
        }

        Assert.False(loop.Run(Start + TimeSpan.FromHours(1)));
        Assert.Equal(20, loop.Store.Blobs.All("images").Count);
        Assert.Equal(40, loop.Store.Queues.All("captions").Count);
        return (loop.Trace, loop.Steps);
    }

    private static void Setup(SimulationLoop loop)
    {
        var process = new SimulatedProcess(loop, "setup");
        var created = process.Start(() => process.Storage.CreateIfNotExistsAsync(CancellationToken.None));
        loop.Run(Start + TimeSpan.FromSeconds(1), () => created.IsCompleted);
        Assert.True(created.IsCompletedSuccessfully);
    }
}
