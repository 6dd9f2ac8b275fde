using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>
/// Enqueues a product when all its views are settled and its record is missing or out of date. Calls may be repeated, in any number of processes. The process that
/// settles a view writes the view's record first and calls this afterwards, so the last one sees all records. A claim makes it one job.
/// </summary>
/// <param name="storage">The store.</param>
/// <param name="resolve">The folders' settings.</param>
/// <param name="claimTimeout">After how long a claim counts as abandoned.</param>
/// <param name="modelHash">Hash of the model of an up-to-date record; null for any.</param>
/// <param name="time">Clock.</param>
/// <param name="publish">Called for each product that was enqueued or is blocked.</param>
internal sealed class ProductDispatch(
    CaptionStorage storage, ProfileResolver resolve, TimeSpan claimTimeout, string? modelHash, TimeProvider time, Action<PipelineEventKind, string, RecordError?> publish)
{
    private readonly CaptionStore _store = new(storage);
    private readonly JobDispatch _dispatch = new(storage, claimTimeout);

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
    /// the product; <see cref="IntakeResult.Gone"/> if no view can be shown; <see cref="IntakeResult.Blocked"/>.
    /// </returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused. The next call or sweep tries again.</exception>
    public async Task<IntakeResult> EnsureAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var state = await Views.FindAsync(request, cancellationToken);
        if (Decide(state, request) is { } settled)
        {
            return settled;
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

        return await TakeAsync(state!, request, before, cancellationToken);
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

    /// <summary>True if a product with settled views must be described.</summary>
    public bool HasWork(ProductState state, bool force, bool retryFailed) =>
        force || !state.IsUpToDate(state.Receipt, modelHash) || (retryFailed && state.Receipt!.Status == RecordStatus.Failed);

    private async Task<IntakeResult> TakeAsync(ProductState state, ProductRequest request, StoredRecord? before, CancellationToken cancellationToken)
    {
        var claim = JobClaims.NameOf(storage.Images.Name, state.RecordName, state.ViewsHash, state.Resolved.Version, state.Preparation);
        var taken = await _dispatch.TryTakeAsync(
            claim, async cancel => (await _store.ReadProductAsync(state.RecordName, cancel))?.ETag == before?.ETag, cancellationToken);
        if (taken is not { } etag)
        {
            return IntakeResult.AlreadyQueued;
        }

        var enqueued = false;
        try
        {
            // The claim was free because nothing had begun, or because a worker has just finished. The record shows which.
            var present = await _store.ReadProductAsync(state.RecordName, cancellationToken);
            if (present?.ETag != before?.ETag && present is { Record: { } record, HasReceipt: true } && state.IsUpToDate(RecordReceipt.Of(record), modelHash))
            {
                return IntakeResult.UpToDate;
            }

            var (job, broken) = await CreateJobAsync(state, request, claim, cancellationToken);
            if (job is null)
            {
                if (broken is null)
                {
                    return IntakeResult.AlreadyQueued;
                }

                publish(PipelineEventKind.Blocked, state.RecordName, broken);
                return IntakeResult.Blocked;
            }

            await _dispatch.SendAsync(job.Replacing(present, request.NewWording), cancellationToken);
            enqueued = true;
        }
        finally
        {
            await _dispatch.SettleAsync(claim, etag, enqueued);
        }

        publish(PipelineEventKind.Enqueued, state.RecordName, null);
        return IntakeResult.Enqueued;
    }

    private async Task<(CaptionJob? Job, RecordError? Broken)> CreateJobAsync(
        ProductState state, ProductRequest request, string claim, CancellationToken cancellationToken)
    {
        var (pictures, main) = (new List<ProductPicture>(CaptionRequest.MaxImages), (RecordImage?)null);
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

            pictures.Add(new(image.Name, image.ETag, hash));
            main ??= image;
        }

        var preparation = state.Preparation;
        var job = new CaptionJob
        {
            Container = storage.Images.Name,
            Name = state.RecordName,
            ETag = state.ViewsHash,
            ContentHash = TextHash.Of(string.Join('\n', pictures.Select(p => p.ContentHash))),
            Format = main!.Format ?? "",
            Width = main.Width ?? 0,
            Height = main.Height ?? 0,
            PreparedBlob = PreparedImages.NameOf(pictures[0].ContentHash, preparation),
            Preparation = preparation,
            Profile = request.Basis.Name,
            ProfileVersion = state.Resolved.Version,
            Claim = claim,
            EnqueuedAt = time.GetUtcNow(),
            Force = request.Force,
            OverEdits = request.OverEdits,
            Part = request.Part,
            Product = new(state.Sku, pictures),
        };
        return (job, null);
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

    /// <summary>True tries it again if it was given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>The part of its record to write again; null for all of it.</summary>
    public CopyPart? Part { get; init; }

    /// <summary>True asks for a wording other than the present record's.</summary>
    public bool NewWording { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    public bool OverEdits { get; init; }
}
