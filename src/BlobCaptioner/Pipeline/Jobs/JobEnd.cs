using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Takes a job's message away once its end is on record, and sees to the product that it was a view of. Waits storage trouble out.</summary>
internal sealed class JobEnd(JobClaims claims, ProductDispatch products, Func<string, Profile> profiles, ResiliencePipeline outage)
{
    public async Task CompleteAsync(JobLease lease, CaptionJob job, CancellationToken cancellationToken)
    {
        // If it was its product's last view, the product follows. Before the message goes: a crash in between repeats it.
        if (job.Product is { } product)
        {
            // Should the views have changed meanwhile, there is to be a successor, and the claim may stand in its way.
            await ReleaseAsync(job, cancellationToken);
            var names = product.Views.Select(v => v.Name).ToList();
            var request = new ProductRequest { View = names[0], Sku = product.Sku, Basis = profiles(job.Profile), Known = names };
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
