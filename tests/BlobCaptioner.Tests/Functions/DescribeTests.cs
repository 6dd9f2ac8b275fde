using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Remote;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The queue-driven function that holds the warm model, on a Functions host, with the bundled model or a model server's stub.</summary>
public sealed class DescribeTests(AzuriteFixture azurite)
{
    private static readonly (string Name, string Value)[] Quick =
        [("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:01"), ("Queue__Lease", "00:00:05")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Drop_FunctionsAlone_EveryPictureGetsItsJson()
    {
        await using var app = await CreateAsync(ImageTriggerSource.Polling, ("Captioning__Profile", "sample"));
        await app.StartAsync();
        Assert.Equal(
            ["Describe", "IngestByPolling", "MarkPoisonImage", "MarkPoisonJob", "RetryIntake", "Sweep"], app.Host.Functions.Select(f => f.Name).Order(StringComparer.Ordinal));
        await Task.WhenAll(FunctionsApp.Names.Select(app.DropAsync));
        var records = await DescribedAsync(app, FunctionsApp.Names);
        Assert.All(records, r => Assert.Equal((1, true), (r.Generation.Tries, r.Generation.Engine!.StartsWith("LLamaSharp", StringComparison.Ordinal))));
        await SettledAsync(app);
        Assert.DoesNotContain(app.Host.Calls, c => !c.Succeeded);
    }

    [Fact]
    public async Task Kill_ThreeTimesDuring200Pictures_LosesAndDoublesNothing()
    {
        await using var app = await CreateAsync(ImageTriggerSource.EventGrid, ("Captioning__Profile", "sample"), ("Engine__Slots", "4"));
        var names = Enumerable.Range(0, 200).Select(i => $"many/{i:000}.jpg").ToArray();
        await Parallel.ForEachAsync(names.Index(), Cancellation, async (n, _) => await app.Pipeline.UploadAsync(n.Item, TestPipeline.Picture(n.Index)));
        await app.StartAsync();
        await Parallel.ForEachAsync(names, Cancellation, async (n, _) => await app.TellAsync(n));
        foreach (var done in (int[])[20, 80, 140])
        {
            await app.UntilAsync(async () => (await app.Pipeline.BlobNamesAsync()).Count(IsRecord) >= done, $"{done} records");
            var restarts = app.Host.Restarts;
            app.Host.KillWorker();
            await app.UntilAsync(() => Task.FromResult(app.Host.Restarts > restarts), "the host starts another worker");
        }

        var records = await DescribedAsync(app, names);
        await SettledAsync(app);

        // A try is counted where the model had begun: at most in the places at the model of the three that were killed.
        Assert.InRange(records.Sum(r => r.Generation.Tries - 1), 0, 3 * (4 + 2));
        Assert.Equal(200, (await app.Pipeline.BlobNamesAsync()).Count(IsRecord));
        Assert.Equal(0, (await app.Pipeline.Storage.Poison.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Describe_ModelIsStillLoading_WaitsThenSendsTheJobBackAndCountsNoTry()
    {
        await using var server = await StubServer.StartAsync();
        var ready = new TaskCompletionSource();
        server.Otherwise = async context =>
        {
            await ready.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await StubServer.Answer(StubServer.GoodAnswer)(context);
        };
        await using var app = await CreateAsync(ImageTriggerSource.None, [.. With(server), ("Describe__ModelWait", "00:00:01"), ("Describe__ReturnDelay", "00:00:01")]);
        await app.Pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await app.Pipeline.SweepAsync();

        // It starts although its model doesn't, and has that one function.
        await app.StartAsync();
        Assert.Equal(["Describe"], app.Host.Functions.Select(f => f.Name));
        await app.UntilAsync(() => Task.FromResult(app.Host.Calls.Count(c => c.Succeeded) >= 2), "the job was sent back twice");
        Assert.Null(await app.Pipeline.RecordAsync("a.jpg"));
        Assert.Equal(1, await app.Pipeline.QueueLengthAsync());

        ready.SetResult();
        Assert.Equal(1, Assert.Single(await DescribedAsync(app, ["a.jpg"])).Generation.Tries);
        await SettledAsync(app);
        Assert.DoesNotContain(app.Host.Calls, c => !c.Succeeded);
    }

    [Fact]
    public async Task Kill_BeforeTheModelIsReady_CountsNoTry()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Hang;
        await using var app = await CreateAsync(ImageTriggerSource.None, With(server));
        await app.Pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await app.Pipeline.SweepAsync();
        await app.StartAsync();
        for (var kills = 1; kills <= 6; kills++)
        {
            await app.UntilAsync(() => Task.FromResult(app.Host.Running > 0), "the call waits for the model");
            app.Host.KillWorker();
            await app.UntilAsync(() => Task.FromResult(app.Host.Restarts == kills), "the host starts another worker");
        }

        server.Otherwise = StubServer.Answer(StubServer.GoodAnswer);
        app.Host.KillWorker();
        Assert.Equal(1, Assert.Single(await DescribedAsync(app, ["a.jpg"])).Generation.Tries);
        await SettledAsync(app);
    }

    [Fact]
    public async Task Stop_InMidCaption_SendsTheJobBackAtOnceAndCountsNoTry()
    {
        await using var server = await StubServer.StartAsync();
        await using var app = await CreateAsync(ImageTriggerSource.None, With(server));
        await app.Pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await app.Pipeline.SweepAsync();
        server.Then(StubServer.Json(new { @object = "list", data = Array.Empty<object>() }), StubServer.Answer(StubServer.GoodAnswer), StubServer.Hang);
        await app.StartAsync();
        await server.CameAsync(Cancellation);
        await server.CameAsync(Cancellation);
        await app.StopAsync();
        Assert.Null(await app.Pipeline.RecordAsync("a.jpg"));
        Assert.Single((await app.Pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);

        await app.StartAsync();
        Assert.Equal(1, Assert.Single(await DescribedAsync(app, ["a.jpg"])).Generation.Tries);
        await SettledAsync(app);
    }

    [Fact]
    public async Task Start_SlotsAndBatchesDontFit_Warns()
    {
        await using var server = await StubServer.StartAsync();
        await using var app = await CreateAsync(ImageTriggerSource.None, [.. With(server), ("AzureFunctionsJobHost__extensions__queues__batchSize", "1"), ("AzureFunctionsJobHost__extensions__queues__newBatchThreshold", "0")]);
        await app.StartAsync(listen: false);
        await app.UntilAsync(() => Task.FromResult(app.Host.Log.Any(l => l.Contains("queues__batchSize to 8", StringComparison.Ordinal))), "the warning");
    }

    private static bool IsRecord(string name) => name.EndsWith(".json", StringComparison.Ordinal);

    private static (string Name, string Value)[] With(StubServer server) => [("Remote__Endpoint", server.Address.ToString()), ("Remote__Model", "stub"), ("Captioning__Profile", "sample")];

    private async Task<FunctionsApp> CreateAsync(ImageTriggerSource source, params (string Name, string Value)[] settings) => await FunctionsApp.CreateAsync(
        await azurite.GetConnectionStringAsync(Cancellation), source, more: [.. Quick, ("Describe__Enabled", "true"), .. settings]);

    private static async Task<IReadOnlyList<CaptionRecord>> DescribedAsync(FunctionsApp app, string[] names)
    {
        await app.UntilAsync(async () => (await app.Pipeline.BlobNamesAsync()).Count(IsRecord) >= names.Length, $"{names.Length} records");
        var records = new List<CaptionRecord>();
        foreach (var name in names)
        {
            var record = (await app.Pipeline.RecordAsync(name))!;
            Assert.True(record.Status == RecordStatus.Described, $"{name}: {record.Error?.Message}");
            records.Add(record);
        }

        return records;
    }

    /// <summary>Nothing is left to do: no message, and no work for a sweep.</summary>
    private static async Task SettledAsync(FunctionsApp app)
    {
        await app.UntilAsync(async () => await app.Pipeline.QueueLengthAsync() == 0, "no message is left");
        Assert.Equal(0, (await app.Pipeline.SweepAsync()).Enqueued);
    }
}
