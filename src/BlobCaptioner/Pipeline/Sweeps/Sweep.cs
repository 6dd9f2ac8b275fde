using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using Polly;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Reads the images' listing once and takes in images, and products whose views are settled, whose record is missing or out of date. A second sweep finds nothing to do.
/// </summary>
public sealed class Sweep
{
    private readonly ImageIntake _intake;
    private readonly ResiliencePipeline _outage;

    /// <summary>Creates a sweep.</summary>
    public Sweep(ImageIntake intake)
    {
        _intake = intake;
        Pace = new(intake.Time);
        _outage = StorageOutage.CreateRetry(
            intake.Storage.Options, intake.Time, error => PublishTrouble(intake.Storage.Images.Name, error, "It is tried again."));
    }

    /// <summary>The wait before the next sweep, by the time of the last listing.</summary>
    public ListingPace Pace { get; }

    /// <summary>
    /// Sweeps once. Temporary storage failures are waited out (<see cref="StorageOptions.OutageTolerance"/>). An image that can't be taken in counts as an error and
    /// does not stop the others.
    /// </summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing itself failed.</exception>
    public async Task<SweepSummary> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var products = new ProductCollector(_intake.Resolve, request.Profile);
        var images = ImageListing.ReadAsync(_intake.Storage.Images, request.Prefix, products.AddRecord, cancellationToken);
        images = Pace.MeasureAsync(images, cancellationToken);
        return await RunAsync(request, products.ReadAsync(images, cancellationToken).Concat(products.Flush().ToAsyncEnumerable()), cancellationToken);
    }

    /// <summary>Sweeps once, for repeated sweeps: a failure of the sweep is published as an event.</summary>
    /// <returns>Null if the sweep failed.</returns>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    public async Task<SweepSummary?> TryRunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(request, cancellationToken);
        }
        catch (Exception error) when (error is not ValidationException && !cancellationToken.IsCancellationRequested)
        {
            PublishTrouble(_intake.Storage.Images.Name, error, "It is tried again.");
            return null;
        }
    }

    /// <summary>Takes images in by their names as they arrive, without a listing. Failures are published, and left to the next sweep.</summary>
    /// <param name="names">The images' names; the call ends with them.</param>
    /// <param name="request">As for a sweep.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task TakeAsync(IAsyncEnumerable<string> names, SweepRequest request, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(names, options, async (name, stop) => await TryAsync(name, async cancel => await _intake.IngestAsync(For(name, request), cancel), stop));
    }

    /// <summary>Sweeps over a part of a listing.</summary>
    internal async Task<SweepSummary> RunAsync(SweepRequest request, IAsyncEnumerable<SweepItem> items, CancellationToken cancellationToken)
    {
        var products = new Dictionary<IntakeResult, long>();
        var counts = new Dictionary<IntakeResult, long>();
        long listed = 0, errors = 0;
        var counting = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(items, options, async (item, stop) =>
        {
            var outcome = await TryTakeAsync(item, request, stop);
            lock (counting)
            {
                listed += item.Image is null ? 0 : 1;
                if (outcome is null)
                {
                    errors++;
                    return;
                }

                var mine = item.Image is null ? products : counts;
                mine[outcome.Result] = mine.GetValueOrDefault(outcome.Result) + 1;
                if (outcome.ProductEnqueued)
                {
                    products[IntakeResult.Enqueued] = products.GetValueOrDefault(IntakeResult.Enqueued) + 1;
                }
            }
        });
        return new()
        {
            Listed = listed,
            UpToDate = counts.GetValueOrDefault(IntakeResult.UpToDate),
            Refreshed = counts.GetValueOrDefault(IntakeResult.Refreshed),
            Enqueued = counts.GetValueOrDefault(IntakeResult.Enqueued),
            Rejected = counts.GetValueOrDefault(IntakeResult.Rejected),
            InFlight = counts.GetValueOrDefault(IntakeResult.AlreadyQueued),
            Gone = counts.GetValueOrDefault(IntakeResult.Gone),
            Blocked = counts.GetValueOrDefault(IntakeResult.Blocked) + products.GetValueOrDefault(IntakeResult.Blocked),
            Products = products.GetValueOrDefault(IntakeResult.Enqueued),
            ProductsInFlight = products.GetValueOrDefault(IntakeResult.AlreadyQueued),
            Errors = errors,
        };
    }

    /// <summary>Sweeps over a collector's remaining products.</summary>
    internal Task<SweepSummary> FinishAsync(SweepRequest request, ProductCollector products, CancellationToken cancellationToken) =>
        RunAsync(request, products.Flush().ToAsyncEnumerable(), cancellationToken);

    private Task<IntakeOutcome?> TryTakeAsync(SweepItem item, SweepRequest request, CancellationToken cancellationToken) => TryAsync(
        item.Image?.Name ?? item.Product!.RecordName,
        async cancel => item switch
        {
            { Product: { } product } => new(await TakeProductAsync(product, request, cancel)),
            { Image: { } image } when await IsSettledAsync(image, item.Resolved, request, cancel) => new(IntakeResult.UpToDate),
            _ => await _intake.IngestAsync(For(item.Image!.Name, request), item.Image, cancel),
        },
        cancellationToken);

    private async Task<IntakeOutcome?> TryAsync(string name, Func<CancellationToken, Task<IntakeOutcome>> take, CancellationToken cancellationToken)
    {
        try
        {
            return await _outage.ExecuteAsync(async cancel => await take(cancel), cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            PublishTrouble(name, error, "The next sweep tries again.");
            return null;
        }
    }

    // If a view is not settled, the worker that settles the last one enqueues the product.
    private async Task<IntakeResult> TakeProductAsync(ProductState product, SweepRequest request, CancellationToken cancellationToken) =>
        product.IsReady && _intake.Products.HasWork(product, request.Force, request.RetryFailed)
            ? await _intake.Products.EnsureAsync(RequestFor(product, request), cancellationToken)
            : IntakeResult.UpToDate;

    internal static ProductRequest RequestFor(ProductState product, SweepRequest request) => new()
    {
        View = product.Views[0].Image.Name,
        Sku = product.Sku,
        Basis = request.Profile,
        KnownViews = [.. product.Views.Select(v => v.Image.Name)],
        Force = request.Force,
        RetryFailed = request.RetryFailed,
    };

    private async ValueTask<bool> IsSettledAsync(ListedImage image, ResolvedProfile? resolved, SweepRequest request, CancellationToken cancellationToken) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
        && _intake.FreshnessOf(resolved ?? await _intake.Resolve(image.Name, request.Profile, profileOverride: null, cancellationToken)).IsFresh(receipt);

    private static IntakeRequest For(string name, SweepRequest request) =>
        new() { Name = name, Profile = request.Profile, Force = request.Force, RetryFailed = request.RetryFailed };

    private void PublishTrouble(string name, Exception error, string remedy)
    {
        PipelineMetrics.Count(PipelineEventKind.StorageTrouble, code: null, PipelineMetrics.Intake);
        _intake.OnEvent?.Invoke(new()
        {
            Kind = PipelineEventKind.StorageTrouble,
            Name = name,
            At = _intake.Time.GetUtcNow(),
            Error = error is RequestFailedException || StorageOutage.IsTransient(error, CancellationToken.None)
                ? new("storage", error.Message.Split('\n')[0], remedy)
                : new("intake-failed", $"{error.GetType().Name}: {error.Message}", remedy),
        });
    }
}
