using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Queueing;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;
using Polly;

namespace BlobCaptioner.Intake;

/// <summary>
/// Reads the images' listing once and takes in whatever has no record or one that is out of date: pictures, and products whose views have all ended. A second sweep finds
/// nothing to do.
/// </summary>
public sealed class Sweep
{
    private readonly ImageIntake _intake;
    private readonly ResiliencePipeline _outage;

    /// <summary>Creates a sweep over an intake's store.</summary>
    public Sweep(ImageIntake intake)
    {
        _intake = intake;
        _outage = StorageOutage.CreateRetry(
            intake.Storage.Options, intake.Time, error => TellTrouble(intake.Storage.Images.Name, error, "It is tried again."));
    }

    /// <summary>
    /// Sweeps once. Storage trouble that passes is waited out (<see cref="StorageOptions.OutageTolerance"/>); an image that storage refuses
    /// is counted as an error and doesn't stop the others.
    /// </summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing itself failed.</exception>
    public async Task<SweepSummary> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var watch = new ProductWatch(_intake.Assignments, request.Profile);
        var images = ImageListing.ReadAsync(_intake.Storage.Images, request.Prefix, watch.Note, cancellationToken);
        return await RunAsync(request, watch.ReadAsync(images, cancellationToken).Concat(Deferred(watch.Flush)), cancellationToken);
    }

    /// <summary>Sweeps over a part of the listing.</summary>
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

    // What is still open when the images are through, not before.
    private static async IAsyncEnumerable<SweepItem> Deferred(Func<IEnumerable<SweepItem>> items)
    {
        await Task.CompletedTask;
        foreach (var item in items())
        {
            yield return item;
        }
    }

    /// <summary>Sweeps over the products that a watch holds still open.</summary>
    internal Task<SweepSummary> FinishAsync(SweepRequest request, ProductWatch watch, CancellationToken cancellationToken) =>
        RunAsync(request, watch.Flush().ToAsyncEnumerable(), cancellationToken);

    private async Task<IntakeOutcome?> TryTakeAsync(SweepItem item, SweepRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _outage.ExecuteAsync(
                async cancel => item switch
                {
                    { Product: { } product } => new(await TakeProductAsync(product, request, cancel)),
                    { Image: { } image } when await IsSettledAsync(image, item.Assignment, request, cancel) => new(IntakeResult.UpToDate),
                    _ => await IngestAsync(item.Image!, request, cancel),
                },
                cancellationToken);
        }
        catch (Exception error) when (error is RequestFailedException || StorageOutage.IsTransient(error, cancellationToken))
        {
            TellTrouble(item.Image?.Name ?? item.Product!.RecordName, error, "The next sweep tries again.");
            return null;
        }
    }

    // Where a view has not ended, whoever ends the last one sees to the product.
    private async Task<IntakeResult> TakeProductAsync(ProductState product, SweepRequest request, CancellationToken cancellationToken) =>
        product.IsReady && _intake.Products.HasWork(product, request.Force, request.RetryFailed)
            ? await _intake.Products.EnsureAsync(RequestFor(product, request), cancellationToken)
            : IntakeResult.UpToDate;

    internal static ProductRequest RequestFor(ProductState product, SweepRequest request) => new()
    {
        View = product.Views[0].Image.Name,
        Sku = product.Sku,
        Basis = request.Profile,
        Known = [.. product.Views.Select(v => v.Image.Name)],
        Force = request.Force,
        RetryFailed = request.RetryFailed,
    };

    private async ValueTask<bool> IsSettledAsync(ListedImage image, Assignment? assignment, SweepRequest request, CancellationToken cancellationToken) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
        && _intake.IsUpToDate(receipt, assignment ?? await _intake.Assignments.ForAsync(image.Name, request.Profile, cancellationToken));

    private async Task<IntakeOutcome> IngestAsync(ListedImage image, SweepRequest request, CancellationToken cancellationToken)
    {
        var intake = new IntakeRequest { Name = image.Name, Profile = request.Profile, Force = request.Force, RetryFailed = request.RetryFailed };
        return await _intake.IngestAsync(intake, image, cancellationToken);
    }

    private void TellTrouble(string name, Exception error, string remedy)
    {
        PipelineMetrics.Count(PipelineEventKind.StorageTrouble, code: null, PipelineMetrics.Intake);
        _intake.OnEvent?.Invoke(new()
        {
            Kind = PipelineEventKind.StorageTrouble,
            Name = name,
            At = _intake.Time.GetUtcNow(),
            Error = new("storage", error.Message, remedy),
        });
    }
}
