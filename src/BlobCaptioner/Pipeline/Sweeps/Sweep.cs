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
        var tally = new IntakeTally();
        var resent = await _outage.RunAsync(cancel => LostMessages.SendAgainAsync(_intake, cancel), cancellationToken);
        await RunAsync(request, products.ReadAsync(images, cancellationToken).Concat(products.Flush().ToAsyncEnumerable()), tally, cancellationToken);
        await (_intake.Cap?.FlushAsync(cancellationToken) ?? Task.CompletedTask);
        return SweepSummary.Of(tally) with { Resent = resent };
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
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current };
        return Parallel.ForEachAsync(names, options, async (name, stop) => await TryAsync(name, async cancel => await _intake.IngestAsync(For(name, request), cancel), stop));
    }

    /// <summary>Sweeps over a part of a listing.</summary>
    internal Task RunAsync(SweepRequest request, IAsyncEnumerable<SweepItem> items, IntakeTally tally, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current };
        return Parallel.ForEachAsync(items, options, async (item, stop) =>
        {
            var outcome = await TryTakeAsync(item, request, stop);
            tally.Add(outcome?.Result, isProduct: item.Image is null);
            if (outcome is { ProductEnqueued: true })
            {
                tally.Add(IntakeResult.Enqueued, isProduct: true);
            }
        });
    }

    private Task<IntakeOutcome?> TryTakeAsync(SweepItem item, SweepRequest request, CancellationToken cancellationToken) => TryAsync(
        item.Image?.Name ?? item.Product!.RecordName,
        async cancel => item switch
        {
            { Product: { } product } => new(await TakeProductAsync(product, request, cancel)),
            { Image: { } image } when await IsSettledAsync(image, item.Resolved, request, cancel) => new(IntakeResult.UpToDate),
            _ when _intake.Cap is { } cap && await cap.FindPauseAsync(cancel) is { } pause => new(IntakeResult.Paused, pause),
            _ => await _intake.IngestAsync(For(item.Image!.Name, request, item.Image.Receipt), item.Image, cancel),
        },
        cancellationToken,
        failed: item.Image is { Receipt: { } receipt, Name: var name } && request.Rounds.IsDue(receipt) ? cancel => _intake.NoteRoundAsync(name, cancel) : null);

    private async Task<IntakeOutcome?> TryAsync(string name, Func<CancellationToken, Task<IntakeOutcome>> take, CancellationToken cancellationToken, Func<CancellationToken, Task>? failed = null)
    {
        try
        {
            return await _outage.RunAsync(take, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            PublishTrouble(name, error, "The next sweep tries again.");
            await (failed?.Invoke(cancellationToken) ?? Task.CompletedTask);
            return null;
        }
    }

    // If a view is not settled, the worker that settles the last one enqueues the product.
    private async Task<IntakeResult> TakeProductAsync(ProductState product, SweepRequest request, CancellationToken cancellationToken) =>
        product.IsReady && _intake.Products.HasWork(product, request.Force, IsRetried(product.Receipt, request))
            ? await _intake.Products.EnsureAsync(RequestFor(product, request), cancellationToken)
            : IntakeResult.UpToDate;

    internal static ProductRequest RequestFor(ProductState product, SweepRequest request) => new()
    {
        View = product.Views[0].Image.Name,
        Sku = product.Sku,
        Basis = request.Profile,
        KnownViews = [.. product.Views.Select(v => v.Image.Name)],
        Force = request.Force,
        RetryFailed = IsRetried(product.Receipt, request),
        Rounds = RoundOf(product.Receipt, request),
    };

    /// <summary>True where a failed record is taken up again, because the request says so or its time has come.</summary>
    internal static bool IsRetried(RecordReceipt? receipt, SweepRequest request) => request.RetryFailed || (receipt is not null && request.Rounds.IsDue(receipt));

    // A person's --retry-failed begins anew.
    private static int RoundOf(RecordReceipt? receipt, SweepRequest request) => !request.RetryFailed && receipt is not null && request.Rounds.IsDue(receipt) ? receipt.Rounds + 1 : 0;

    private async ValueTask<bool> IsSettledAsync(ListedImage image, ResolvedProfile? resolved, SweepRequest request, CancellationToken cancellationToken) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(receipt.Status == RecordStatus.Failed && IsRetried(receipt, request))
        && _intake.FreshnessOf(image.ETag, resolved ?? await _intake.Resolve(image.Name, request.Profile, profileOverride: null, cancellationToken)).IsFresh(receipt);

    private static IntakeRequest For(string name, SweepRequest request, RecordReceipt? receipt = null) => new()
    {
        Name = name,
        Profile = request.Profile,
        Force = request.Force,
        RetryFailed = IsRetried(receipt, request),
        Rounds = RoundOf(receipt, request),
    };

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
