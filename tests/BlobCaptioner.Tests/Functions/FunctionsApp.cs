using System.Text.Json;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.Functions.Host;
using BlobCaptioner.Tests.Infra;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The function app with a store of its own: <c>local.settings.sample.json</c> with the names and addresses of the test.</summary>
internal sealed class FunctionsApp : IAsyncDisposable
{
    /// <summary>Names as people give them to files, and as they survive no careless escaping.</summary>
    public static readonly string[] Names =
    [
        "shoes/plain.jpg", "with space.jpg", "hash#1.jpg", "100% wool.jpg", "50%25off.jpg", "a%2Fb.jpg", "question?.jpg", "plus+and&amp.jpg", "ümlaut é.jpg", "中文/红鞋.jpg",
    ];

    private readonly Dictionary<string, string> _settings;
    private FunctionsHost? _host;

    private FunctionsApp(TestPipeline pipeline, Dictionary<string, string> settings) => (Pipeline, _settings) = (pipeline, settings);

    /// <summary>The same store, for what people, workers and later sweeps do.</summary>
    public TestPipeline Pipeline { get; }

    /// <summary>The host, after <see cref="StartAsync"/>.</summary>
    public FunctionsHost Host => _host ?? throw new InvalidOperationException("Start it first.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a newcomer copies to <c>local.settings.json</c>.</summary>
    public static Dictionary<string, string> SampleSettings()
    {
        using var sample = JsonDocument.Parse(File.ReadAllText(Path.Combine(InfraFiles.Root, "local.settings.sample.json")));
        return sample.RootElement.GetProperty("Values").EnumerateObject().ToDictionary(v => v.Name, v => v.Value.GetString()!, StringComparer.Ordinal);
    }

    /// <summary>Makes the store. Pictures may be dropped before the app starts.</summary>
    /// <param name="azurite">Connection string of the host's own account, and of the pictures' where <paramref name="data"/> names no other.</param>
    /// <param name="source">Which wiring of the blob trigger.</param>
    /// <param name="data">The app's connection to the pictures' account.</param>
    /// <param name="direct">The test's own connection to it.</param>
    /// <param name="more">More settings.</param>
    public static async Task<FunctionsApp> CreateAsync(
        string azurite, ImageTriggerSource source, string? data = null, string? direct = null, params (string Name, string Value)[] more)
    {
        var names = TestPipeline.Names() with { KeptQueue = AzuriteFixture.UniqueName("kept") };

        // A later sweep: what an intake that died has not sent is long lost by then.
        var pipeline = await TestPipeline.CreateAsync(direct ?? data ?? azurite, new() { LostAfter = TimeSpan.Zero }, names);
        pipeline.Basis = BuiltInProfiles.Default;
        var settings = SampleSettings();
        settings["AzureWebJobsStorage"] = azurite;
        settings["CaptionStorage"] = data ?? azurite;
        settings["Storage__ImagesContainer"] = names.ImagesContainer;
        settings["Storage__PreparedContainer"] = names.PreparedContainer;
        settings["Storage__CaptionsQueue"] = names.CaptionsQueue;
        settings["Storage__IntakeQueue"] = names.IntakeQueue;
        settings["Storage__PoisonQueue"] = names.PoisonQueue;
        settings["Storage__KeptQueue"] = names.KeptQueue;
        settings["BlobTrigger__Source"] = source.ToString();
        settings["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:01";
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return new(pipeline, settings);
    }

    /// <summary>Starts the app.</summary>
    /// <param name="listen">False leaves its triggers off.</param>
    /// <param name="folder">The app's folder; null takes the one that the tests' build made.</param>
    public async Task StartAsync(bool listen = true, string? folder = null) => _host = await FunctionsHost.StartAsync(_settings, listen, folder);

    /// <summary>Ends host and worker as a platform does that scales in.</summary>
    public async Task StopAsync()
    {
        await Host.DisposeAsync();
        _host = null;
    }

    /// <summary>Drops a picture.</summary>
    public Task DropAsync(string name) => DropAsync(name, TestPipeline.Picture(name.Length));

    /// <summary>Drops any file, and has Event Grid tell of it where the app listens to that.</summary>
    public async Task DropAsync(string name, byte[] content)
    {
        await Pipeline.UploadAsync(name, content);
        if (_host is not null && _settings["BlobTrigger__Source"] == nameof(ImageTriggerSource.EventGrid))
        {
            await TellAsync(name);
        }
    }

    /// <summary>Has Event Grid tell of a blob.</summary>
    public async Task TellAsync(string name)
    {
        using var answer = await Host.Webhook.CreatedAsync(Pipeline.Storage.Images.GetBlobClient(name), FunctionSelection.EventGrid);
        Assert.True(answer.IsSuccessStatusCode, $"{name}: {answer.StatusCode}");
    }

    /// <summary>Calls the sweep as its timer does.</summary>
    public Task<FunctionCall> SweepAsync(CancellationToken cancellationToken) => Host.CallAsync("Sweep", "timer", """{"IsPastDue":false}""", cancellationToken);

    /// <summary>The calls for a blob that are over.</summary>
    public IEnumerable<FunctionCall> CallsFor(string name) => Host.Calls.Where(c => c.Trigger == $"{Pipeline.Storage.Images.Name}/{name}");

    /// <summary>Waits; a failure shows what the worker and the SDK said.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Eventually.TrueAsync(condition, what);
        }
        catch (Xunit.Sdk.TrueException error)
        {
            Assert.Fail($"{error.Message}\n{string.Join('\n', Host.Calls)}\n{string.Join('\n', Host.Log)}");
        }
    }

    /// <summary>Waits until every one of these has its only job, with its prepared image, and empties the queue.</summary>
    public async Task AssertJobsAsync(IReadOnlyCollection<string> names)
    {
        await UntilAsync(async () => await Pipeline.QueueLengthAsync() >= names.Count, $"{names.Count} jobs");
        var jobs = await TakeJobsAsync();
        Assert.Equal(names.Order(StringComparer.Ordinal), jobs.Select(j => j.Name).Order(StringComparer.Ordinal));
        foreach (var job in jobs)
        {
            Assert.True((await Pipeline.Storage.Prepared.GetBlobClient((await Pipeline.TicketAsync(job.Name))!.Job.PreparedBlob).ExistsAsync(Cancellation)).Value, job.Name);
        }
    }

    /// <summary>Takes all jobs out of the queue.</summary>
    public async Task<IReadOnlyList<JobHint>> TakeJobsAsync()
    {
        var jobs = new List<JobHint>();
        while ((await Pipeline.Storage.Captions.ReceiveMessagesAsync(32, cancellationToken: Cancellation)).Value is { Length: > 0 } messages)
        {
            foreach (var message in messages)
            {
                Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
                jobs.Add(job!);
                await Pipeline.Storage.Captions.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation);
            }
        }

        return jobs;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        await Pipeline.DisposeAsync();
    }
}
