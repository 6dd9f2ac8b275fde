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
        Pace = new(intake.Time);
        _outage = StorageOutage.CreateRetry(
            intake.Storage.Options, intake.Time, error => TellTrouble(intake.Storage.Images.Name, error, "It is tried again."));
    }

    /// <summary>How long to wait before the next sweep, by how long the listing of the last one took.</summary>
    public ListingPace Pace { get; }

    /// <summary>
    /// Sweeps once. Storage trouble that passes is waited out (<see cref="StorageOptions.OutageTolerance"/>); an image that storage refuses,
    /// or that can't be taken in for any other reason, is counted as an error and doesn't stop the others.
    /// </summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing itself failed.</exception>
    public async Task<SweepSummary> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var watch = new ProductWatch(_intake.Resolve, request.Profile);
        var images = ImageListing.ReadAsync(_intake.Storage.Images, request.Prefix, watch.Note, cancellationToken);
        images = Pace.MeasureAsync(images, cancellationToken);
        return await RunAsync(request, watch.ReadAsync(images, cancellationToken).Concat(Deferred(watch.Flush)), cancellationToken);
    }

    /// <summary>The same for those who sweep again and again: what breaks a sweep off is told as an event.</summary>
    /// <returns>Null where it was broken off.</returns>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    public async Task<SweepSummary?> TryRunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(request, cancellationToken);
        }
        catch (Exception error) when (error is not ValidationException && !cancellationToken.IsCancellationRequested)
        {
            TellTrouble(_intake.Storage.Images.Name, error, "It is tried again.");
            return null;
        }
    }

    /// <summary>Takes images in by their names as they arrive, without a listing. What fails is told, and left to the next sweep.</summary>
    /// <param name="names">The images' names; it goes on until they end.</param>
    /// <param name="request">As for a sweep.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task TakeAsync(IAsyncEnumerable<string> names, SweepRequest request, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(names, options, async (name, stop) => await TryAsync(name, async cancel => await _intake.IngestAsync(For(name, request), cancel), stop));
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
            TellTrouble(name, error, "The next sweep tries again.");
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

    private async ValueTask<bool> IsSettledAsync(ListedImage image, ResolvedProfile? resolved, SweepRequest request, CancellationToken cancellationToken) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
        && _intake.FreshnessOf(resolved ?? await _intake.Resolve(image.Name, request.Profile, profileOverride: null, cancellationToken)).IsFresh(receipt);

    private static IntakeRequest For(string name, SweepRequest request) =>
        new() { Name = name, Profile = request.Profile, Force = request.Force, RetryFailed = request.RetryFailed };

    private void TellTrouble(string name, Exception error, string remedy)
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
