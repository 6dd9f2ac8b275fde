using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Predicts a sweep from the listing and the folders' settings. Prepares, claims, enqueues and writes nothing.</summary>
public sealed class SweepPreview(ImageIntake intake)
{
    /// <summary>Reads the listing once.</summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing failed, or a folder's settings could not be read.</exception>
    public async Task<SweepForecast> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var found = new SweepForecast();
        var products = new ProductCollector(intake.Resolve, request.Profile);
        var images = ImageListing.ReadAsync(intake.Storage.Images, request.Prefix, products.AddRecord, cancellationToken);
        await foreach (var item in products.ReadAsync(images, cancellationToken))
        {
            found = item is { Image: { } image }
                ? Count(
                    found with { Listed = found.Listed + 1 },
                    image,
                    item.Resolved ?? await intake.Resolve(image.Name, request.Profile, profileOverride: null, cancellationToken),
                    request)
                : await CountAsync(found, item.Product!, request, cancellationToken);
        }

        foreach (var item in products.Flush())
        {
            found = await CountAsync(found, item.Product!, request, cancellationToken);
        }

        return found;
    }

    // A product that seems out of date is read again: the listing may lack views.
    private async Task<SweepForecast> CountAsync(SweepForecast found, ProductState listed, SweepRequest request, CancellationToken cancellationToken)
    {
        if (!listed.IsReady)
        {
            return listed.Views.All(v => v.IsSettled) ? found : found with { ProductsWaiting = found.ProductsWaiting + 1 };
        }

        return HasWork(listed) && await intake.Products.Views.FindAsync(Sweep.RequestFor(listed, request), cancellationToken) is { IsReady: true } product && HasWork(product)
            ? found with { Products = found.Products + 1 }
            : found;

        bool HasWork(ProductState product) => intake.Products.HasWork(product, request.Force, Sweep.IsRetried(listed.Receipt, request));
    }

    private SweepForecast Count(SweepForecast found, ListedImage image, ResolvedProfile resolved, SweepRequest request) => image switch
    {
        _ when ImageNames.Problem(image.Name) is not null => found with { Blocked = found.Blocked + 1 },
        { HasRecord: true, Receipt: null } => found with { Unclear = found.Unclear + 1 },
        { Receipt: { } receipt } when IsSettled(image, receipt, resolved) => CountSettled(found, receipt, request),
        _ when resolved.Error is not null => found with { BrokenSettings = found.BrokenSettings + 1 },
        { Receipt: null } => found with { New = found.New + 1 },
        { Receipt: { } receipt } when receipt.SourceETag != image.ETag => found with { ImageChanged = found.ImageChanged + 1 },
        { Receipt: { } receipt } when receipt.ProfileVersion != resolved.Version => found with { SettingsChanged = found.SettingsChanged + 1 },
        { Receipt: { } receipt } when !intake.FreshnessOf(image.ETag, resolved).HasPreparation(receipt) => found with { PreparationChanged = found.PreparationChanged + 1 },
        _ => found with { ModelChanged = found.ModelChanged + 1 },
    };

    private bool IsSettled(ListedImage image, RecordReceipt receipt, ResolvedProfile resolved) =>
        intake.FreshnessOf(image.ETag, resolved).IsFresh(receipt);

    private static SweepForecast CountSettled(SweepForecast found, RecordReceipt receipt, SweepRequest request) => receipt.Status switch
    {
        _ when request.Force => found with { Forced = found.Forced + 1 },
        RecordStatus.Failed when Sweep.IsRetried(receipt, request) => found with { Retried = found.Retried + 1 },
        RecordStatus.Failed => found with { KnownFailed = found.KnownFailed + 1 },
        RecordStatus.Rejected => found with { KnownRejected = found.KnownRejected + 1 },
        _ => found with { UpToDate = found.UpToDate + 1 },
    };
}

/// <summary>What a sweep would do. Each listed image is in exactly one of the other counts, apart from those of products.</summary>
public sealed record SweepForecast
{
    /// <summary>Images in the listing.</summary>
    public long Listed { get; init; }

    /// <summary>Images without a record: they would be prepared and enqueued, unless their job is in the queue already.</summary>
    public long New { get; init; }

    /// <summary>Images that were uploaded again. With the same bytes only the record would be refreshed.</summary>
    public long ImageChanged { get; init; }

    /// <summary>Images whose profile, folder settings or catalogue facts changed.</summary>
    public long SettingsChanged { get; init; }

    /// <summary>Images whose preparation changed, or that were rejected by a limit that was raised.</summary>
    public long PreparationChanged { get; init; }

    /// <summary>Images whose model changed; only if this process knows the model.</summary>
    public long ModelChanged { get; init; }

    /// <summary>Up-to-date images, with <c>--force</c>.</summary>
    public long Forced { get; init; }

    /// <summary>Images that were given up, with <c>--retry-failed</c>.</summary>
    public long Retried { get; init; }

    /// <summary>Images in a folder with broken settings: they would be rejected.</summary>
    public long BrokenSettings { get; init; }

    /// <summary>Described images that are up to date.</summary>
    public long UpToDate { get; init; }

    /// <summary>Images that were rejected for a reason that still holds.</summary>
    public long KnownRejected { get; init; }

    /// <summary>Images that were given up and are left alone.</summary>
    public long KnownFailed { get; init; }

    /// <summary>Products whose views are settled and whose record is missing, out of date or forced: they would be enqueued.</summary>
    public long Products { get; init; }

    /// <summary>Products that wait for views. They are described after the last one, if their record is out of date then.</summary>
    public long ProductsWaiting { get; init; }

    /// <summary>Images whose record's name belongs to a blob without metadata: a record that was copied, or another file.</summary>
    public long Unclear { get; init; }

    /// <summary>Images with a name that storage can't carry: they get no record.</summary>
    public long Blocked { get; init; }
}
