using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Queueing;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Intake;

/// <summary>Reads the images' listing once and takes in whatever has no record or one that is out of date. A second sweep finds nothing to do.</summary>
public sealed class Sweep
{
    private readonly ImageIntake _intake;

    /// <summary>Creates a sweep over an intake's store.</summary>
    public Sweep(ImageIntake intake) => _intake = intake;

    /// <summary>Sweeps once. An image that storage refuses is counted as an error and doesn't stop the others.</summary>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing itself failed.</exception>
    public async Task<SweepSummary> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var preparation = _intake.Preparation(request.Profile);
        var counts = new Dictionary<IntakeResult, long>();
        long listed = 0, errors = 0;
        var counting = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ImageListing.ReadAsync(_intake.Storage.Images, request.Prefix, cancellationToken), options, async (image, stop) =>
        {
            IntakeResult? result = IsSettled(image, request, preparation) ? IntakeResult.UpToDate : await TryIngestAsync(image.Name, request, stop);
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

    private bool IsSettled(ListedImage image, SweepRequest request, string preparation) =>
        !request.Force && image.Receipt is { } receipt && receipt.SourceETag == image.ETag
        && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
        && _intake.IsUpToDate(receipt, request.Profile, preparation);

    private async Task<IntakeResult?> TryIngestAsync(string name, SweepRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var intake = new IntakeRequest { Name = name, Profile = request.Profile, Force = request.Force, RetryFailed = request.RetryFailed };
            return (await _intake.IngestAsync(intake, cancellationToken)).Result;
        }
        catch (Exception error) when (error is RequestFailedException || StorageOutage.IsTransient(error, cancellationToken))
        {
            var reason = new RecordError("storage", error.Message, "The next sweep tries again.");
            _intake.OnEvent?.Invoke(new() { Kind = PipelineEventKind.StorageTrouble, Name = name, At = _intake.Time.GetUtcNow(), Error = reason });
            return null;
        }
    }
}
