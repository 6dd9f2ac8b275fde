using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Loads a ticket's images for the model, if they are still needed.</summary>
internal sealed class JobLoader(JobServices services, Profile basis)
{
    /// <summary>What to write; null if a product's views differ from the ticket's or one is not settled: there will be another ticket.</summary>
    public async Task<ResolvedProfile?> ResolveAsync(Ticket ticket, CancellationToken cancellationToken)
    {
        if (ticket.Job is not ProductJob product)
        {
            return await services.Resolve(ticket.Job.Name, basis, ticket.AllWanted.ProfileOverride, cancellationToken);
        }

        var request = new ProductRequest { View = product.Views[0].Name, Sku = product.Sku, Basis = basis, KnownViews = [.. product.Views.Select(v => v.Name)] };
        var state = await services.Products.Views.FindAsync(request, cancellationToken);
        return state is { IsReady: true } && state.ViewsHash == product.ViewsHash ? state.Resolved : null;
    }

    /// <summary>Loads the record and the images.</summary>
    public async Task<LoadedJob> LoadAsync(Ticket ticket, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var job = ticket.Job;
        if (job is PictureJob && await services.Store.GetImageETagAsync(job.Name, cancellationToken) is var etag && etag != job.Version)
        {
            return new LoadedJob.NotNeeded(etag is null ? RecordWrite.ImageGone : RecordWrite.ImageChanged);
        }

        var present = job is PictureJob ? await services.Store.ReadAsync(job.Name, cancellationToken) : await services.Store.ReadProductAsync(job.Name, cancellationToken);
        switch (present)
        {
            case { Record: null }:
                return new LoadedJob.NotNeeded(RecordWrite.Blocked);
            case { Record: { Status: not RecordStatus.Failed } record, HasReceipt: true } when IsDone(record, ticket, resolved):
                return new LoadedJob.NotNeeded(RecordWrite.AlreadyThere);
            case { Record: { Status: RecordStatus.Described } record } when job is ProductJob && ticket.Want.Redo is null && record.Fingerprint == FingerprintOf(job, resolved):
                return new LoadedJob.Refreshed(RecordDraft.RefreshedProduct(ticket, resolved, record), present);
        }

        return job is ProductJob product ? await LoadAsync(product, resolved, present, cancellationToken) : await LoadAsync((PictureJob)job, resolved, present, cancellationToken);
    }

    private async Task<LoadedJob> LoadAsync(PictureJob job, ResolvedProfile resolved, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (image, madeFrom, rejection) = await LoadAsync(job.Image, job.Preparation, resolved, cancellationToken);
        return image is not null ? new LoadedJob.Ready([image], present) { MadeFrom = madeFrom }
            : rejection is not null ? new LoadedJob.Rejected(rejection, services.Prepared.RejectedBy(job.Preparation))
            : new LoadedJob.NotNeeded(RecordWrite.ImageChanged);
    }

    private async Task<LoadedJob> LoadAsync(ProductJob job, ResolvedProfile resolved, StoredRecord? present, CancellationToken cancellationToken)
    {
        var pictures = new List<PreparedImage>(job.Views.Count);
        RecordError? problem = null;
        foreach (var view in job.Views)
        {
            var (picture, _, rejection) = await LoadAsync(view, job.Preparation, resolved, cancellationToken);
            if (picture is not null)
            {
                pictures.Add(picture);
            }
            else if (rejection is null)
            {
                return new LoadedJob.NotNeeded(RecordWrite.ImageChanged);
            }

            // With a rejection a limit was lowered meanwhile. The other views still show the product.
            problem ??= rejection;
        }

        return pictures.Count > 0 ? new LoadedJob.Ready(pictures, present) : new LoadedJob.Rejected(problem!, job.Preparation);
    }

    // If the lifecycle rule has deleted the prepared image, it is made and stored again. All null if this version of the image is gone.
    private async Task<(PreparedImage? Image, string? MadeFrom, RecordError? Rejection)> LoadAsync(
        SourceImage image, string preparation, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var preparedName = PreparedImages.NameOf(image.ContentHash, preparation);
        if (await services.Prepared.LoadAsync(preparedName, cancellationToken) is { } loaded)
        {
            return (new() { Jpeg = loaded.Jpeg, Name = image.Name }, loaded.MadeFrom, null);
        }

        var source = await services.Prepared.PrepareAsync(image.Name, image.ETag, resolved.Profile.ImageTokenBudget, cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared made:
                await services.Prepared.StoreAsync(preparedName, made.Jpeg, image.Name, cancellationToken);
                return (new() { Jpeg = made.Jpeg, Name = image.Name }, image.Name, null);
            case PreparationOutcome.Rejected why:
                return (null, null, new(why.Code, why.Message, why.Remedy));
            default:
                return default;
        }
    }

    // What a person asked for is done once the record carries the wish's id; anything else once the record is fresh.
    private bool IsDone(CaptionRecord record, Ticket ticket, ResolvedProfile resolved) => ticket.Want.Redo is { } redo
        ? record.Generation.Redo == redo && RecordReceipt.Of(record).SourceETag == ticket.Job.Version
        : new Freshness(
            ticket.Job.Version, resolved.Version, ticket.Job.Preparation, services.Prepared.RejectedBy(ticket.Job.Preparation), services.Model.Info.Hash)
            .IsFresh(RecordReceipt.Of(record));

    private string FingerprintOf(CaptionJob job, ResolvedProfile resolved) =>
        Fingerprint.Compute(job.ContentHash, job.Preparation, resolved.Version, services.Model.Info.Hash);
}

/// <summary>A job after loading: whether the model can begin.</summary>
internal abstract record LoadedJob
{
    private LoadedJob()
    {
    }

    /// <summary>The model can begin.</summary>
    /// <param name="Images">The prepared image, or those of a product.</param>
    /// <param name="Present">The present record; null for none.</param>
    public sealed record Ready(IReadOnlyList<PreparedImage> Images, StoredRecord? Present) : LoadedJob
    {
        /// <summary>Name of the image of the same bytes that was prepared first; null for none.</summary>
        public string? MadeFrom { get; init; }
    }

    /// <summary>A product's record needs only the present names or ETags of its views.</summary>
    /// <param name="Record">The record with the present views.</param>
    /// <param name="Present">The present record.</param>
    public sealed record Refreshed(CaptionRecord Record, StoredRecord Present) : LoadedJob;

    /// <summary>The job is no longer needed.</summary>
    /// <param name="Reason">The reason, as a write's result.</param>
    public sealed record NotNeeded(RecordWrite Reason) : LoadedJob;

    /// <summary>The image was prepared again and is rejected now.</summary>
    /// <param name="Error">The reason.</param>
    /// <param name="RejectedBy">The preparation with the limits. A sweep with the same limits leaves the image alone.</param>
    public sealed record Rejected(RecordError Error, string RejectedBy) : LoadedJob;
}
