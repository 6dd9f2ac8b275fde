using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Loads a job's image for the model, if the job is still needed. Waits out storage failures.</summary>
internal sealed class JobLoader(CaptionStore store, PreparedImages prepared, string modelHash, ResiliencePipeline outage)
{
    public async Task<LoadedJob> LoadAsync(CaptionJob job, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var (over, present) = await outage.ExecuteAsync(async cancel => await FindEndAsync(job, resolved, cancel), cancellationToken);
        if (over is { } reason)
        {
            return new LoadedJob.NotNeeded(reason);
        }

        if (await outage.ExecuteAsync(async cancel => await prepared.LoadAsync(job.PreparedBlob, cancel), cancellationToken) is { } loaded)
        {
            return new LoadedJob.Ready([new() { Jpeg = loaded.Jpeg, Name = job.Name }], present) { MadeFrom = loaded.MadeFrom };
        }

        // The lifecycle rule has deleted it.
        var source = await outage.ExecuteAsync(
            async cancel => await prepared.PrepareAsync(job.Name, job.ETag, resolved.Profile.ImageTokenBudget, cancel), cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await outage.ExecuteAsync(async cancel => await prepared.StoreAsync(job.PreparedBlob, image.Jpeg, job.Name, cancel), cancellationToken);
                return new LoadedJob.Ready([new() { Jpeg = image.Jpeg, Name = job.Name }], present) { MadeFrom = job.Name };
            case PreparationOutcome.Rejected why:
                return new LoadedJob.Rejected(new(why.Code, why.Message, why.Remedy), prepared.RejectedBy(job.Preparation));
            default:
                return new LoadedJob.NotNeeded(RecordWrite.ImageChanged);
        }
    }

    private async Task<(RecordWrite? End, StoredRecord? Present)> FindEndAsync(CaptionJob job, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var etag = await store.GetImageETagAsync(job.Name, cancellationToken);
        if (etag != job.ETag)
        {
            return (etag is null ? RecordWrite.ImageGone : RecordWrite.ImageChanged, null);
        }

        var present = await store.ReadAsync(job.Name, cancellationToken);
        return (present switch
        {
            null => null,
            { Record: null } => RecordWrite.Blocked,
            { Record: var record } when !job.IsReplacing(present) && IsDone(record, job, resolved) => RecordWrite.AlreadyThere,
            _ => null,
        }, present);
    }

    private bool IsDone(CaptionRecord record, CaptionJob job, ResolvedProfile resolved)
    {
        var asked = record.Generation.ModelHash is null ? "" : modelHash;
        return record.Status != RecordStatus.Failed && record.Image.ETag == job.ETag
            && record.Fingerprint == Fingerprint.Compute(job.ContentHash, job.Preparation, resolved.Version, asked);
    }
}

/// <summary>A job after loading: whether the model can begin.</summary>
internal abstract record LoadedJob
{
    private LoadedJob()
    {
    }

    /// <summary>The model can begin.</summary>
    /// <param name="Images">The prepared image, or those of a product.</param>
    /// <param name="Present">The present record; null for none.</param>
    public sealed record Ready(IReadOnlyList<PreparedImage> Images, StoredRecord? Present) : LoadedJob
    {
        /// <summary>Name of the image of the same bytes that was prepared first; null for none.</summary>
        public string? MadeFrom { get; init; }
    }

    /// <summary>A product's record needs only the present names or ETags of its views.</summary>
    /// <param name="Record">The record with the present views.</param>
    /// <param name="Present">The present record.</param>
    public sealed record Refreshed(CaptionRecord Record, StoredRecord Present) : LoadedJob;

    /// <summary>The job is no longer needed.</summary>
    /// <param name="Reason">The reason, as a write's result.</param>
    public sealed record NotNeeded(RecordWrite Reason) : LoadedJob;

    /// <summary>The image was prepared again and is rejected now.</summary>
    /// <param name="Error">The reason.</param>
    /// <param name="RejectedBy">The preparation with the limits. A sweep with the same limits leaves the image alone.</param>
    public sealed record Rejected(RecordError Error, string RejectedBy) : LoadedJob;
}
