using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Loads a product's images for the model, if its job is still needed. Waits out storage failures.</summary>
internal sealed class ProductLoader(ProductViews views, CaptionStore store, PreparedImages prepared, string modelHash, ResiliencePipeline outage)
{
    /// <summary>Resolves the profile of a job's product; null if the product's views differ from the job's or one is not settled: there will be another job.</summary>
    public async Task<ResolvedProfile?> ResolveAsync(CaptionJob job, Profile basis, CancellationToken cancellationToken)
    {
        var request = new ProductRequest { View = job.Product!.Views[0].Name, Sku = job.Product.Sku, Basis = basis, KnownViews = [.. job.Product.Views.Select(v => v.Name)] };
        var state = await outage.ExecuteAsync(async cancel => await views.FindAsync(request, cancel), cancellationToken);
        return state is { IsReady: true } && state.ViewsHash == job.ETag ? state.Resolved : null;
    }

    public async Task<LoadedJob> LoadAsync(CaptionJob job, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var present = await outage.ExecuteAsync(async cancel => await store.ReadProductAsync(job.Name, cancel), cancellationToken);
        switch (present)
        {
            case { Record: null }:
                return new LoadedJob.NotNeeded(RecordWrite.Blocked);
            case { Record: { Status: not RecordStatus.Failed } record } when !job.IsReplacing(present) && present.HasReceipt && IsDone(record, job, resolved):
                return new LoadedJob.NotNeeded(RecordWrite.AlreadyThere);
            case { Record: { Status: RecordStatus.Described } record } when !job.Force && record.Fingerprint == FingerprintOf(job, resolved, modelHash):
                return new LoadedJob.Refreshed(RecordDraft.RefreshedProduct(job, resolved, record), present);
        }

        var pictures = new List<PreparedImage>(job.Product!.Views.Count);
        RecordError? problem = null;
        foreach (var view in job.Product.Views)
        {
            switch (await LoadAsync(job, view, resolved, cancellationToken))
            {
                case (null, null):
                    return new LoadedJob.NotNeeded(RecordWrite.ImageChanged);
                case ({ } picture, _):
                    pictures.Add(picture);
                    break;
                case (_, { } error):
                    // A limit was lowered meanwhile. The other views still show the product.
                    problem ??= error;
                    break;
            }
        }

        return pictures.Count > 0 ? new LoadedJob.Ready(pictures, present) : new LoadedJob.Rejected(problem!, job.Preparation);
    }

    private async Task<(PreparedImage? Picture, RecordError? Problem)> LoadAsync(CaptionJob job, ProductPicture view, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var preparedName = PreparedImages.NameOf(view.ContentHash, job.Preparation);
        if (await outage.ExecuteAsync(async cancel => await prepared.LoadAsync(preparedName, cancel), cancellationToken) is { } loaded)
        {
            return (new() { Jpeg = loaded.Jpeg, Name = view.Name }, null);
        }

        // The lifecycle rule has deleted it.
        var source = await outage.ExecuteAsync(
            async cancel => await prepared.PrepareAsync(view.Name, view.ETag, resolved.Profile.ImageTokenBudget, cancel), cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await outage.ExecuteAsync(async cancel => await prepared.StoreAsync(preparedName, image.Jpeg, view.Name, cancel), cancellationToken);
                return (new() { Jpeg = image.Jpeg, Name = view.Name }, null);
            case PreparationOutcome.Rejected why:
                return (null, new(why.Code, why.Message, why.Remedy));
            default:
                return (null, null);
        }
    }

    private bool IsDone(CaptionRecord record, CaptionJob job, ResolvedProfile resolved) =>
        record.Product?.ViewsHash == job.ETag && record.Fingerprint == FingerprintOf(job, resolved, record.Generation.ModelHash is null ? "" : modelHash);

    private static string FingerprintOf(CaptionJob job, ResolvedProfile resolved, string asked) => Fingerprint.Compute(job.ContentHash, job.Preparation, resolved.Version, asked);
}
