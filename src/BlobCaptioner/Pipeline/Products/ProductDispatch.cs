using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>
/// Enqueues a product when all its views are settled and its record is missing or out of date. Calls may be repeated, in any number of processes. The process that
/// settles a view writes the view's record first and calls this afterwards, so the last one sees all records. Its ticket makes it one job.
/// </summary>
/// <param name="storage">The store.</param>
/// <param name="dispatch">Enqueues.</param>
/// <param name="resolve">The folders' settings.</param>
/// <param name="modelHash">Hash of the model of an up-to-date record; null for any.</param>
/// <param name="time">Clock.</param>
/// <param name="publish">Called for each product that was enqueued or is blocked.</param>
internal sealed class ProductDispatch(
    CaptionStorage storage, JobDispatch dispatch, ProfileResolver resolve, string? modelHash, TimeProvider time, Action<PipelineEventKind, string, RecordError?> publish)
{
    private readonly CaptionStore _store = new(storage);

    public ProductViews Views { get; } = new(storage, new(storage), resolve);

    /// <summary>Enqueues the product of an image, if the image is a view and the product needs it.</summary>
    /// <returns><see cref="IntakeResult.NotAnImage"/> if the image is not a view.</returns>
    public async Task<IntakeResult> EnsureAsync(string imageName, Profile basis, CancellationToken cancellationToken) =>
        await resolve(imageName, basis, profileOverride: null, cancellationToken) is { Product: not null, Sku: { } sku }
            ? await EnsureAsync(new ProductRequest { View = imageName, Sku = sku, Basis = basis }, cancellationToken)
            : IntakeResult.NotAnImage;

    /// <summary>Enqueues a product, if it needs it.</summary>
    /// <returns>
    /// <see cref="IntakeResult.Enqueued"/>; <see cref="IntakeResult.UpToDate"/>; <see cref="IntakeResult.AlreadyQueued"/>, also if a view is not settled: its worker enqueues
    /// the product; <see cref="IntakeResult.Gone"/> if no view can be shown; <see cref="IntakeResult.Blocked"/>; <see cref="IntakeResult.Paused"/>.
    /// </returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused. The next call or sweep tries again.</exception>
    public async Task<IntakeResult> EnsureAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var state = await Views.FindAsync(request, cancellationToken);
        if (Decide(state, request) is { } settled)
        {
            return settled == IntakeResult.AlreadyQueued && request is { Force: true, HasTicket: false } ? await NoteWishAsync(state!, request, cancellationToken) : settled;
        }

        var before = await _store.ReadProductAsync(state!.RecordName, cancellationToken);
        if (before?.Record?.Product?.Views is { } noted && noted.Except(state.Views.Select(v => v.Image.Name), StringComparer.Ordinal).ToList() is { Count: > 0 } missed)
        {
            // A view was deleted, or its name does not contain the SKU.
            state = await Views.FindAsync(request with { KnownViews = [.. request.KnownViews, .. missed] }, cancellationToken);
            if (Decide(state, request) is { } now)
            {
                return now;
            }
        }

        if (before is { Record: null })
        {
            publish(PipelineEventKind.Blocked, state!.RecordName, before.BlockedError(state.RecordName, state.Sku));
            return IntakeResult.Blocked;
        }

        return await EnqueueAsync(state!, request, cancellationToken);
    }

    private IntakeResult? Decide(ProductState? state, ProductRequest request)
    {
        if (state is null)
        {
            return IntakeResult.Gone;
        }

        return state.IsReady
            ? HasWork(state, request.Force, request.RetryFailed) ? null : IntakeResult.UpToDate
            : state.Views.All(v => v.IsSettled) ? IntakeResult.Gone : IntakeResult.AlreadyQueued;
    }

    /// <summary>What a record of a product with settled views would say now.</summary>
    public Freshness FreshnessOf(ProductState state) => state.FreshnessFor(modelHash);

    /// <summary>True if a product with settled views must be described.</summary>
    public bool HasWork(ProductState state, bool force, bool retryFailed) =>
        force || !FreshnessOf(state).IsFresh(state.Receipt) || (retryFailed && state.Receipt!.Status == RecordStatus.Failed);

    private async Task<IntakeResult> EnqueueAsync(ProductState state, ProductRequest request, CancellationToken cancellationToken)
    {
        var want = request.ToWant();
        var ticket = await dispatch.Tickets.ReadAsync(state.RecordName, cancellationToken);
        if (dispatch.Covers(ticket, state.ViewsHash, want))
        {
            return IntakeResult.AlreadyQueued;
        }

        var (job, broken) = await CreateJobAsync(state, cancellationToken);
        if (broken is not null)
        {
            publish(PipelineEventKind.Blocked, state.RecordName, broken);
            return IntakeResult.Blocked;
        }

        if (job is null)
        {
            return IntakeResult.AlreadyQueued;
        }

        using var place = await dispatch.TakePlaceAsync(cancellationToken);
        if (place.Paused is not null)
        {
            return IntakeResult.Paused;
        }

        var isEnqueued = await dispatch.EnqueueAsync(
            TicketFor(job, request, state.Resolved.Version, want),
            ticket,
            async cancel => (await Views.FindAsync(request, cancel))?.ViewsHash == state.ViewsHash,
            cancellationToken);
        if (!isEnqueued)
        {
            return IntakeResult.AlreadyQueued;
        }

        publish(PipelineEventKind.Enqueued, state.RecordName, null);
        await dispatch.KeepAsync(place, cancellationToken);
        return IntakeResult.Enqueued;
    }

    // A view is not settled: its worker enqueues the product, and the wish stands on the ticket until then.
    private async Task<IntakeResult> NoteWishAsync(ProductState state, ProductRequest request, CancellationToken cancellationToken)
    {
        var views = state.Views.Take(CaptionRequest.MaxImages).Select(v => new SourceImage(v.Image.Name, v.Image.ETag, ContentHash: "")).ToList();
        var wish = new ProductJob(state.RecordName, state.Sku, ViewsHash: "", views) { Preparation = "" };
        var ticket = await dispatch.Tickets.ReadAsync(state.RecordName, cancellationToken);
        await dispatch.EnqueueAsync(TicketFor(wish, request, profileVersion: "", request.ToWant()), ticket, _ => Task.FromResult(true), cancellationToken);
        return IntakeResult.AlreadyQueued;
    }

    private Ticket TicketFor(ProductJob job, ProductRequest request, string profileVersion, Want want) => new()
    {
        Container = storage.Images.Name,
        Job = job,
        Profile = request.Basis.Name,
        ProfileVersion = profileVersion,
        Want = want,
        Call = JobDispatch.NewId(),
        EnqueuedAt = time.GetUtcNow(),
        Rounds = request.Rounds,
    };

    private async Task<(ProductJob? Job, RecordError? Broken)> CreateJobAsync(ProductState state, CancellationToken cancellationToken)
    {
        var views = new List<SourceImage>(CaptionRequest.MaxImages);
        foreach (var view in state.Usable.Take(CaptionRequest.MaxImages))
        {
            var stored = await _store.ReadAsync(view.Image.Name, cancellationToken);
            if (stored is { Record: null })
            {
                // The metadata says described, but the body can't be read.
                return (null, stored.BlockedError(ImageNames.RecordFor(view.Image.Name), view.Image.Name));
            }

            if (stored is not { Record: { Status: RecordStatus.Described, Image: { ContentHash: { } hash } image } } || image.ETag != view.Image.ETag)
            {
                // It has just changed. The process that changed it calls this again.
                return default;
            }

            views.Add(new(image.Name, image.ETag, hash, image.Format ?? "", image.Width ?? 0, image.Height ?? 0));
        }

        return (new(state.RecordName, state.Sku, state.ViewsHash, views) { Preparation = state.Preparation }, null);
    }
}

/// <summary>A product to check and enqueue.</summary>
internal sealed record ProductRequest
{
    /// <summary>Name of a view, whose folder is the product's. The view may be deleted.</summary>
    public required string View { get; init; }

    /// <summary>The product's SKU.</summary>
    public required string Sku { get; init; }

    /// <summary>The profile where the folder names none.</summary>
    public required Profile Basis { get; init; }

    /// <summary>Names of other known views, which may not contain the SKU.</summary>
    public IReadOnlyList<string> KnownViews { get; init; } = [];

    /// <summary>True describes it again even if its record is up to date.</summary>
    public bool Force { get; init; }

    /// <summary>True where a ticket holds the wish already, so that none is written while a view is not settled.</summary>
    public bool HasTicket { get; init; }

    /// <summary>True tries it again if it was given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>The part of its record to write again; null for all of it.</summary>
    public CopyPart? Part { get; init; }

    /// <summary>True asks for a wording other than the present record's.</summary>
    public bool NewWording { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    public bool OverEdits { get; init; }

    /// <inheritdoc cref="Ticket.Rounds"/>
    public int Rounds { get; init; }

    public Want ToWant() => Force ? new() { Redo = JobDispatch.NewId(), Part = Part, NewWording = NewWording, OverEdits = OverEdits } : Want.Fresh;
}
