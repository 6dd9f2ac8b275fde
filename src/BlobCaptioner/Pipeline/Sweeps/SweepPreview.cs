using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Says what a sweep would do, from the listing and the folders' settings alone: nothing is prepared, claimed, enqueued or written.</summary>
public sealed class SweepPreview(ImageIntake intake)
{
    /// <summary>Goes over the listing once.</summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing failed, or a folder's settings could not be fetched.</exception>
    public async Task<SweepForecast> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var found = new SweepForecast();
        var watch = new ProductWatch(intake.Resolve, request.Profile);
        var images = ImageListing.ReadAsync(intake.Storage.Images, request.Prefix, watch.Note, cancellationToken);
        await foreach (var item in watch.ReadAsync(images, cancellationToken))
        {
            found = item is { Image: { } image }
                ? Count(
                    found with { Listed = found.Listed + 1 },
                    image,
                    item.Resolved ?? await intake.Resolve(image.Name, request.Profile, profileOverride: null, cancellationToken),
                    request)
                : await CountAsync(found, item.Product!, request, cancellationToken);
        }

        foreach (var item in watch.Flush())
        {
            found = await CountAsync(found, item.Product!, request, cancellationToken);
        }

        return found;
    }

    // What seems to be out of date is looked at once more: the listing may not have shown all of it.
    private async Task<SweepForecast> CountAsync(SweepForecast found, ProductState listed, SweepRequest request, CancellationToken cancellationToken)
    {
        if (!listed.IsReady)
        {
            return listed.Views.All(v => v.IsSettled) ? found : found with { ProductsWaiting = found.ProductsWaiting + 1 };
        }

        return HasWork(listed) && await intake.Products.Views.FindAsync(Sweep.RequestFor(listed, request), cancellationToken) is { IsReady: true } product && HasWork(product)
            ? found with { Products = found.Products + 1 }
            : found;

        bool HasWork(ProductState product) => intake.Products.HasWork(product, request.Force, request.RetryFailed);
    }

    private SweepForecast Count(SweepForecast found, ListedImage image, ResolvedProfile resolved, SweepRequest request) => image switch
    {
        { HasRecord: true, Receipt: null } => found with { Unclear = found.Unclear + 1 },
        { Receipt: { } receipt } when IsSettled(image, receipt, resolved) => CountSettled(found, receipt, request),
        _ when resolved.Error is not null => found with { BrokenSettings = found.BrokenSettings + 1 },
        { Receipt: null } => found with { New = found.New + 1 },
        { Receipt: { } receipt } when receipt.SourceETag != image.ETag => found with { ImageChanged = found.ImageChanged + 1 },
        { Receipt: { } receipt } when receipt.ProfileVersion != resolved.Version => found with { SettingsChanged = found.SettingsChanged + 1 },
        { Receipt: { } receipt } when !intake.FreshnessOf(resolved).HasPreparation(receipt) => found with { PreparationChanged = found.PreparationChanged + 1 },
        _ => found with { ModelChanged = found.ModelChanged + 1 },
    };

    private bool IsSettled(ListedImage image, RecordReceipt receipt, ResolvedProfile resolved) =>
        receipt.SourceETag == image.ETag && intake.FreshnessOf(resolved).IsFresh(receipt);

    private static SweepForecast CountSettled(SweepForecast found, RecordReceipt receipt, SweepRequest request) => receipt.Status switch
    {
        _ when request.Force => found with { Forced = found.Forced + 1 },
        RecordStatus.Failed when request.RetryFailed => found with { Retried = found.Retried + 1 },
        RecordStatus.Failed => found with { KnownFailed = found.KnownFailed + 1 },
        RecordStatus.Rejected => found with { KnownRejected = found.KnownRejected + 1 },
        _ => found with { UpToDate = found.UpToDate + 1 },
    };
}
