using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Deletes a job's message after its record was written, and enqueues the image's product if it is ready. Waits out storage failures.</summary>
internal sealed class JobCompletion(JobClaims claims, ProductDispatch products, Func<string, Profile> profiles, ResiliencePipeline outage)
{
    public async Task CompleteAsync(JobLease lease, CaptionJob job, CancellationToken cancellationToken)
    {
        // The product is enqueued before the message is deleted: a crash in between repeats it.
        if (job.Product is { } product)
        {
            // If the views have changed, the product needs a new job, which the claim could block.
            await ReleaseAsync(job, cancellationToken);
            var names = product.Views.Select(v => v.Name).ToList();
            var request = new ProductRequest { View = names[0], Sku = product.Sku, Basis = profiles(job.Profile), KnownViews = names };
            await outage.ExecuteAsync(async cancel => await products.EnsureAsync(request, cancel), cancellationToken);
            await outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), cancellationToken);
        }
        else
        {
            await outage.ExecuteAsync(async cancel => await products.EnsureAsync(job.Name, profiles(job.Profile), cancel), cancellationToken);
            await outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), cancellationToken);
            await ReleaseAsync(job, cancellationToken);
        }
    }

    private async Task ReleaseAsync(CaptionJob job, CancellationToken cancellationToken) =>
        await outage.ExecuteAsync(async cancel => await claims.ReleaseAsync(job.Claim, taken: null, cancel), cancellationToken);
}
