using System.Net.Http.Json;
using System.Text.Json;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>The page on its own container, with the pipeline of <c>captioner up</c> and a model that the test chooses.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    private readonly ImagePreparer _preparer = new(new ImageOptions());
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private Task _run = Task.CompletedTask;
    private SpendCap _cap = null!;

    private PageHost(CaptionStorage storage) => Storage = storage;

    public CaptionStorage Storage { get; }

    public CaptionerWeb Web { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public EventLog Events { get; } = new();

    public Uri Address => Web.Address;

    public CaptionStore Store => new(Storage);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts the page.</summary>
    /// <param name="azurite">The store.</param>
    /// <param name="model">The model; null for none.</param>
    /// <param name="profile">The profile; null for the short profile of the bundled model.</param>
    /// <param name="works">True works on the queue and sweeps, as <c>up</c> does.</param>
    /// <param name="change">Changes the page's options.</param>
    /// <param name="images">Limits of pictures.</param>
    /// <param name="time">The page's clock; null for the system's.</param>
    /// <param name="transport">Carries the page's storage requests; null for the SDK's.</param>
    /// <param name="budget">The day's budget of page and sweep; null for none.</param>
    public static async Task<PageHost> StartAsync(
        AzuriteFixture azurite,
        ICaptionModel? model,
        Profile? profile = null,
        bool works = true,
        Func<WebOptions, WebOptions>? change = null,
        ImageOptions? images = null,
        TimeProvider? time = null,
        HttpPipelineTransport? transport = null,
        BudgetOptions? budget = null)
    {
        var storage = CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancel), TestPipeline.Names(), transport);
        await storage.CreateIfNotExistsAsync(Cancel);
        var host = new PageHost(storage) { _cap = new(storage, budget ?? new(), time) };
        var basis = profile ?? BuiltInProfiles.Sample;
        var options = new WebOptions { Port = 0, IndexPath = Path.Combine(azurite.CreateFolder(), "index.db"), ListingInterval = TimeSpan.FromMilliseconds(200) };
        var context = new WebContext(storage, host._preparer, images ?? new(), model, basis, time ?? TimeProvider.System, host._cap);
        host.Web = await CaptionerWeb.StartAsync(context, change?.Invoke(options) ?? options, NullLoggerFactory.Instance, Cancel);
        host.Client = new HttpClient { BaseAddress = host.Web.Address, Timeout = TimeSpan.FromSeconds(60) };
        if (works)
        {
            host._run = host.WorkAsync(model!, basis);
        }

        return host;
    }

    public async Task UploadAsync(string name, byte[] content) =>
        await Storage.Images.GetBlobClient(name).UploadAsync(new BinaryData(content), new BlobUploadOptions(), Cancel);

    /// <summary>Uploads pictures that all differ, and waits until each has its record.</summary>
    public async Task DescribeAsync(params string[] names)
    {
        foreach (var (i, name) in names.Index())
        {
            await UploadAsync(name, TestPipeline.Picture(300 + i));
        }

        await Events.WaitAsync(e => e.Kind == PipelineEventKind.Described && names.Contains(e.Name), names.Length, string.Join(", ", names));
    }

    public async Task<RecordView> RecordAsync(string name) =>
        (await Client.GetFromJsonAsync<RecordView>($"/api/record?name={Uri.EscapeDataString(name)}", WebJson.Options, Cancel))!;

    public Task<HttpResponseMessage> EditAsync(string name, string etag, string by, params (string? Language, string Field, object? Value, object? Was)[] changes) =>
        Client.PatchAsJsonAsync($"/api/record?name={Uri.EscapeDataString(name)}", new
        {
            eTag = etag,
            by,
            changes = changes.Select(c => new { language = c.Language, field = c.Field, value = c.Value, was = c.Was }),
        }, Cancel);

    public Task<HttpResponseMessage> ReviewAsync(string name, string etag, string state, string by) =>
        Client.PostAsJsonAsync($"/api/review?name={Uri.EscapeDataString(name)}", new { eTag = etag, state, by }, Cancel);

    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer) => JsonSerializer.Deserialize<T>(await answer.Content.ReadAsStringAsync(Cancel), WebJson.Options)!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _abort.CancelAsync();
        await _run;
        Client?.Dispose();
        if (Web is not null)
        {
            await Web.DisposeAsync();
        }

        await _cap.DisposeAsync();
        _preparer.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private async Task WorkAsync(ICaptionModel model, Profile profile)
    {
        var loop = new CaptionQueueLoop(Storage, _preparer, model, BuiltInProfiles.Lookup(profile), TestPipeline.Fast, TimeProvider.System, Tell, logger: null);
        var work = loop.RunAsync(_stop.Token, _abort.Token);
        var sweep = new Sweep(new(Storage, _preparer, new() { Model = model.Info }, TimeProvider.System, Tell, cap: _cap));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            do
            {
                await sweep.RunAsync(new() { Profile = profile, Parallelism = 2 }, _stop.Token);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // the test is over
        }

        await work;
    }

    private void Tell(PipelineEvent step)
    {
        Web.OnEvent(step);
        Events.Add(step);
    }
}
