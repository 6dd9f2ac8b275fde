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
            var (picture, _, rejection) = await JobLoader.LoadAsync(
                prepared, outage, PreparedImages.NameOf(view.ContentHash, job.Preparation), view.Name, view.ETag, resolved.Profile.ImageTokenBudget, cancellationToken);
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

    private bool IsDone(CaptionRecord record, CaptionJob job, ResolvedProfile resolved) =>
        record.Product?.ViewsHash == job.ETag && record.Fingerprint == FingerprintOf(job, resolved, record.Generation.ModelHash is null ? "" : modelHash);

    private static string FingerprintOf(CaptionJob job, ResolvedProfile resolved, string asked) => Fingerprint.Compute(job.ContentHash, job.Preparation, resolved.Version, asked);
}
