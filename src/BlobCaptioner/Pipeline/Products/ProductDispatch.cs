using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>
/// Brings a product into the queue once all its views have ended and its record is missing or out of date. Safe to call any number of times, from any number of
/// processes: whoever ends a view writes that view's record first and calls this afterwards, so the last one sees them all; a claim makes it one job.
/// </summary>
/// <param name="storage">The store.</param>
/// <param name="resolve">What the folders say.</param>
/// <param name="claimTimeout">After how long a claim counts as left behind by one who died.</param>
/// <param name="modelHash">The model that a record must be by to be up to date; null for any.</param>
/// <param name="time">Clock.</param>
/// <param name="tell">Told of each product that was enqueued or is blocked.</param>
internal sealed class ProductDispatch(
    CaptionStorage storage, ProfileResolver resolve, TimeSpan claimTimeout, string? modelHash, TimeProvider time, Action<PipelineEventKind, string, RecordError?> tell)
{
    private readonly CaptionStore _store = new(storage);
    private readonly JobDispatch _dispatch = new(storage, claimTimeout);
    private readonly ProductViews _views = new(storage, new(storage), resolve);

    public ProductViews Views => _views;

    /// <summary>The same for the product of a picture, where it is a view of one.</summary>
    public async Task<IntakeResult> EnsureAsync(string imageName, Profile basis, CancellationToken cancellationToken) =>
        await resolve(imageName, basis, profileOverride: null, cancellationToken) is { Product: not null, Sku: { } sku }
            ? await EnsureAsync(new ProductRequest { View = imageName, Sku = sku, Basis = basis }, cancellationToken)
            : IntakeResult.NotAnImage;

    /// <summary>Enqueues the product if there is something to do.</summary>
    /// <returns>
    /// <see cref="IntakeResult.Enqueued"/>; <see cref="IntakeResult.UpToDate"/>; <see cref="IntakeResult.AlreadyQueued"/>, also where a view has not ended and will bring it
    /// about; <see cref="IntakeResult.Gone"/> where no view can be shown; <see cref="IntakeResult.Blocked"/>.
    /// </returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused. The next call or the next sweep goes on.</exception>
    public async Task<IntakeResult> EnsureAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var state = await _views.FindAsync(request, cancellationToken);
        if (Decide(state, request) is { } settled)
        {
            return settled;
        }

        var before = await _store.ReadProductAsync(state!.RecordName, cancellationToken);
        if (before?.Record?.Product?.Views is { } noted && noted.Except(state.Views.Select(v => v.Image.Name), StringComparer.Ordinal).ToList() is { Count: > 0 } missed)
        {
            // Deleted meanwhile, or known by a name that does not tell its SKU.
            state = await _views.FindAsync(request with { Known = [.. request.Known, .. missed] }, cancellationToken);
            if (Decide(state, request) is { } now)
            {
                return now;
            }
        }

        if (before is { Record: null })
        {
            tell(PipelineEventKind.Blocked, state!.RecordName, before.InTheWay(state.RecordName, state.Sku));
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

    /// <summary>True where a product whose views have all ended has to be described.</summary>
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
            // The claim was free because nobody had begun, or because a worker has just finished. Only now does the record tell which.
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

                tell(PipelineEventKind.Blocked, state.RecordName, broken);
                return IntakeResult.Blocked;
            }

            await _dispatch.SendAsync(job.Replacing(present, request.Vary), cancellationToken);
            enqueued = true;
        }
        finally
        {
            await _dispatch.SettleAsync(claim, etag, enqueued);
        }

        tell(PipelineEventKind.Enqueued, state.RecordName, null);
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
                // Its metadata says described, and its body can't be read.
                return (null, stored.InTheWay(ImageNames.RecordFor(view.Image.Name), view.Image.Name));
            }

            if (stored is not { Record: { Status: RecordStatus.Described, Image: { ContentHash: { } hash } image } } || image.ETag != view.Image.ETag)
            {
                // It has just changed: who changed it comes here afterwards.
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
            ContentHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', pictures.Select(p => p.ContentHash))))),
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
            Only = request.Only,
            Product = new(state.Sku, pictures),
        };
        return (job, null);
    }
}
