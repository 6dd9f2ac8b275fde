using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>What a worker's jobs share. The storage's requests wait out outages.</summary>
internal sealed class JobServices
{
    public JobServices(
        CaptionStorage storage, IImagePreparer preparer, ICaptionModel model, Func<string, Profile> profiles, ProfileResolver resolve, QueueLoopOptions options,
        TimeProvider time, WorkerReport report, SpendCap? cap = null)
    {
        (Model, Profiles, Resolve, Options, Time, Report) = (model, profiles, resolve, options, time, report);
        Storage = storage.WaitingOut(time, error =>
        {
            report.StorageTrouble(error);
            report.Publish(PipelineEventKind.StorageTrouble, storage.Images.Name, new("storage", error.Message, "It is tried again."));
        });
        Store = new(Storage);
        Prepared = new(Storage, preparer);
        Tickets = new(Storage);

        // Only sweeps compare the model: workers with two models would undo each other's products.
        Cap = cap;
        Products = new(Storage, new(Storage, time, cap), resolve, modelHash: null, time, (kind, name, error) => report.Publish(kind, name, error));
        Slots = options.Slots ?? model.Concurrency;
        Gate = new(Slots + options.Lookahead);
    }

    public CaptionStorage Storage { get; }

    public ICaptionModel Model { get; }

    public Func<string, Profile> Profiles { get; }

    public ProfileResolver Resolve { get; }

    public QueueLoopOptions Options { get; }

    public TimeProvider Time { get; }

    public WorkerReport Report { get; }

    /// <summary>The day's budget; null for none.</summary>
    public SpendCap? Cap { get; }

    public CaptionStore Store { get; }

    public PreparedImages Prepared { get; }

    public Tickets Tickets { get; }

    public ProductDispatch Products { get; }

    /// <summary>Images that the model works on at once.</summary>
    public int Slots { get; }

    public ModelGate Gate { get; }

    /// <summary>Profiles that were asked for and that this worker does not know: each is told of once.</summary>
    public ConcurrentDictionary<string, byte> UnknownProfiles { get; } = new(StringComparer.Ordinal);
}
