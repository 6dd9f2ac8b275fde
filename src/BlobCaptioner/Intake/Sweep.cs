using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Queueing;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;
using Polly;

namespace BlobCaptioner.Intake;

/// <summary>Reads the images' listing once and takes in whatever has no record or one that is out of date. A second sweep finds nothing to do.</summary>
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
        return await RunAsync(request, ImageListing.ReadAsync(_intake.Storage.Images, request.Prefix, cancellationToken), cancellationToken);
    }

    /// <summary>Sweeps over a part of the listing.</summary>
    internal async Task<SweepSummary> RunAsync(SweepRequest request, IAsyncEnumerable<ListedImage> images, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<IntakeResult, long>();
        long listed = 0, errors = 0;
        var counting = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(images, options, async (image, stop) =>
        {
            var result = await TryTakeAsync(image, request, stop);
            lock (counting)
            {
                listed++;
                if (result is { } known)
                {
                    counts[known] = counts.GetValueOrDefault(known) + 1;
                }
                else
                {
                    errors++;
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
            Blocked = counts.GetValueOrDefault(IntakeResult.Blocked),
            Errors = errors,
        };
    }

    private async Task<IntakeResult?> TryTakeAsync(ListedImage image, SweepRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _outage.ExecuteAsync(
                async cancel => await IsSettledAsync(image, request, cancel) ? IntakeResult.UpToDate : await IngestAsync(image, request, cancel),
                cancellationToken);
        }
        catch (Exception error) when (error is RequestFailedException || StorageOutage.IsTransient(error, cancellationToken))
        {
            TellTrouble(image.Name, error, "The next sweep tries again.");
            return null;
        }
    }

    private async ValueTask<bool> IsSettledAsync(ListedImage image, SweepRequest request, CancellationToken cancellationToken) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
        && _intake.IsUpToDate(receipt, await _intake.Assignments.ForAsync(image.Name, request.Profile, cancellationToken));

    private async Task<IntakeResult> IngestAsync(ListedImage image, SweepRequest request, CancellationToken cancellationToken)
    {
        var intake = new IntakeRequest { Name = image.Name, Profile = request.Profile, Force = request.Force, RetryFailed = request.RetryFailed };
        return (await _intake.IngestAsync(intake, image, cancellationToken)).Result;
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
