using System.Text.Json;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Images;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline;

/// <summary>A whole pipeline with containers and queues of its own on a real Azurite, and a scripted model.</summary>
internal sealed class TestPipeline : IAsyncDisposable
{
    private readonly List<(CancellationTokenSource Stop, CancellationTokenSource Abort, Task Run, CaptionQueueLoop Loop)> _loops = [];
    private readonly ImagePreparer _preparer = new(new ImageOptions());

    private TestPipeline(CaptionStorage storage, IntakeOptions? intake)
    {
        Storage = storage;
        Store = new(storage);
        IntakeOptions = intake ?? new() { Model = Model.Info };
        Intake = new(storage, _preparer, IntakeOptions, time: null, Events.Add, Settings);
        Sweep = new(Intake);
    }

    public static Profile Profile => BuiltInProfiles.Sample with { ImageTokenBudget = 64 };

    /// <summary>Leases long enough for a loaded machine; polls and retries fast.</summary>
    public static QueueLoopOptions Fast => new()
    {
        Lease = TimeSpan.FromSeconds(30),
        RetryDelay = TimeSpan.FromMilliseconds(10),
        MaxRetryDelay = TimeSpan.FromMilliseconds(50),
        MinPoll = TimeSpan.FromMilliseconds(5),
        MaxPoll = TimeSpan.FromMilliseconds(50),
    };

    public CaptionStorage Storage { get; }

    public CaptionStore Store { get; }

    /// <summary>What the folders say; a test may set it. Default: nothing.</summary>
    public Func<string, Profile, ResolvedProfile>? Folders { get; set; }

    /// <summary>The base profile of sweeps and workers.</summary>
    public Profile Basis { get; set; } = Profile;

    /// <summary>Folders' files as they lie in the container; a test that uploads such files sets it.</summary>
    public FolderSettings? FolderFiles { get; set; }

    private ProfileResolver Settings => (name, basis, profileOverride, cancel) =>
        FolderFiles?.ResolveAsync(name, basis, profileOverride, cancel) ?? new(Folders?.Invoke(name, basis) ?? ResolvedProfile.Of(basis));

    public ScriptedModel Model { get; } = new();

    public EventLog Events { get; } = new();

    public IntakeOptions IntakeOptions { get; }

    public ImagePreparer Preparer => _preparer;

    public ImageIntake Intake { get; }

    public Sweep Sweep { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestPipeline> CreateAsync(AzuriteFixture azurite, IntakeOptions? intake = null) =>
        await CreateAsync(await azurite.GetConnectionStringAsync(Cancellation), intake);

    public static async Task<TestPipeline> CreateAsync(string connection, IntakeOptions? intake = null, StorageOptions? names = null)
    {
        names ??= Names();
        var storage = CaptionStorage.Connect(connection, names);
        await storage.CreateIfNotExistsAsync(Cancellation);
        return new(storage, intake);
    }

    public static StorageOptions Names() => new()
    {
        ImagesContainer = AzuriteFixture.UniqueName("images"),
        PreparedContainer = AzuriteFixture.UniqueName("prepared"),
        CaptionsQueue = AzuriteFixture.UniqueName("captions"),
        IntakeQueue = AzuriteFixture.UniqueName("intake"),
        PoisonQueue = AzuriteFixture.UniqueName("poison"),
        MaxRetries = 1,
        RetryDelay = TimeSpan.FromMilliseconds(20),
        MaxRetryDelay = TimeSpan.FromMilliseconds(100),
        NetworkTimeout = TimeSpan.FromMinutes(5),
    };

    /// <summary>A small JPEG; each seed gives other bytes.</summary>
    public static byte[] Picture(int seed = 0)
    {
        using var image = TestPicture.Plain([(byte)(seed * 37), (byte)(seed * 101 / 7), (byte)(seed / 3)], 64 + (seed % 5), 64 + (seed / 250));
        return image.JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None);
    }

    public async Task UploadAsync(string name, byte[] content) =>
        await Storage.Images.GetBlobClient(name).UploadAsync(new BinaryData(content), overwrite: true, Cancellation);

    public async Task<SweepSummary> SweepAsync(bool force = false, bool retryFailed = false, string? prefix = null) =>
        await Sweep.RunAsync(new() { Profile = Basis, Force = force, RetryFailed = retryFailed, Prefix = prefix, Parallelism = 4 }, Cancellation);

    /// <summary>A person's wish to have a record, or a field of it, written anew.</summary>
    public async Task<RedoSummary> RedoAsync(string name, string? field = null) => await new Redo(Intake).RunAsync(
        new() { Profiles = _ => Basis, Names = [name], Part = field is null ? null : new CopyPart([field], []) }, Cancellation);

    public async Task<IntakeResult> IngestAsync(string name) => (await Intake.IngestAsync(name, Basis, Cancellation)).Result;

    /// <summary>Starts one more worker on the queue.</summary>
    public CaptionQueueLoop StartLoop(QueueLoopOptions? options = null, ICaptionModel? model = null, CaptionStorage? storage = null, TimeProvider? time = null, ImagePreparer? preparer = null, Func<string, Profile>? profiles = null)
    {
        var loop = new CaptionQueueLoop(storage ?? Storage, preparer ?? _preparer, model ?? Model, profiles ?? (_ => Basis), options ?? Fast, time, Events.Add, logger: null, Settings);
        var (stop, abort) = (new CancellationTokenSource(), new CancellationTokenSource());
        _loops.Add((stop, abort, Task.Run(() => loop.RunAsync(stop.Token, abort.Token)), loop));
        return loop;
    }

    /// <summary>Lets every worker end once the queue is empty, and waits for that.</summary>
    public async Task RunUntilEmptyAsync()
    {
        _loops.ForEach(l => l.Loop.EndWhenEmpty());
        await Task.WhenAll(_loops.Select(l => l.Run)).WaitAsync(TimeSpan.FromSeconds(120));
    }

    public void RequestStop() => _loops.ForEach(l => l.Stop.Cancel());

    public void RequestAbort() => _loops.ForEach(l => l.Abort.Cancel());

    public async Task LoopsEndAsync() => await Task.WhenAll(_loops.Select(l => l.Run)).WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Has a loop take an image, and aborts it while the model works on it.</summary>
    public async Task AbortWhileDescribingAsync(string name)
    {
        await UploadAsync(name, Picture());
        var entered = new TaskCompletionSource();
        Model.Script = async (_, cancel) =>
        {
            entered.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancel);
        };
        await SweepAsync();
        StartLoop();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        RequestAbort();
        await LoopsEndAsync();
    }

    public async Task<CaptionRecord?> RecordAsync(string name) => await ValidRecord.CheckAsync((await Store.ReadAsync(name, Cancellation))?.Record);

    /// <summary>A product's record by its own name.</summary>
    public async Task<CaptionRecord?> ProductAsync(string recordName) => await ValidRecord.CheckAsync((await Store.ReadProductAsync(recordName, Cancellation))?.Record);

    public async Task<int> QueueLengthAsync() => (await Storage.Captions.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount;

    public async Task<IReadOnlyList<PoisonMessage>> PoisonAsync() =>
        [.. (await Storage.Poison.PeekMessagesAsync(32, Cancellation)).Value.Select(m => JsonSerializer.Deserialize(Convert.FromBase64String(m.Body.ToString()), MessageJson.Compact.PoisonMessage)!)];

    public async Task<IReadOnlyList<string>> BlobNamesAsync()
    {
        var names = new List<string>();
        await foreach (var blob in Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancellation))
        {
            names.Add(blob.Name);
        }

        return names;
    }

    public async Task<int> TicketsAsync() => await new Tickets(Storage).ListAsync(Cancellation).CountAsync(Cancellation);

    /// <summary>Changes a ticket behind everybody's back.</summary>
    public async Task ChangeTicketAsync(string name, Func<Ticket, Ticket> change)
    {
        var tickets = new Tickets(Storage);
        StoredTicket seen;
        do
        {
            seen = (await tickets.ReadAsync(name, Cancellation))!;
        }
        while (await tickets.TryWriteAsync(change(seen.Ticket!), seen.ETag, Cancellation) is null);
    }

    /// <summary>As after workers that died while they described it.</summary>
    public Task VanishAsync(string name, int tries) =>
        ChangeTicketAsync(name, t => t with { Tries = [.. Enumerable.Repeat(new TicketTry(DateTimeOffset.UnixEpoch, "gone"), tries)] });

    public async Task<Ticket?> TicketAsync(string name) => (await new Tickets(Storage).ReadAsync(name, Cancellation))?.Ticket;

    public async ValueTask DisposeAsync()
    {
        RequestStop();
        RequestAbort();
        foreach (var (stop, abort, run, _) in _loops)
        {
            await run;
            stop.Dispose();
            abort.Dispose();
        }

        _preparer.Dispose();
    }
}
