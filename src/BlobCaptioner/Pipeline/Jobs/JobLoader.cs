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

        var (image, madeFrom, rejection) = await LoadAsync(prepared, outage, job.PreparedBlob, job.Name, job.ETag, resolved.Profile.ImageTokenBudget, cancellationToken);
        return image is not null ? new LoadedJob.Ready([image], present) { MadeFrom = madeFrom }
            : rejection is not null ? new LoadedJob.Rejected(rejection, prepared.RejectedBy(job.Preparation))
            : new LoadedJob.NotNeeded(RecordWrite.ImageChanged);
    }

    /// <summary>Loads a prepared image. If the lifecycle rule has deleted it, prepares and stores it again.</summary>
    /// <returns>The image and the name of the image that it was made from, or why it is rejected now. All null if this version of the image is gone.</returns>
    public static async Task<(PreparedImage? Image, string? MadeFrom, RecordError? Rejection)> LoadAsync(
        PreparedImages prepared, ResiliencePipeline outage, string preparedName, string name, string etag, int imageTokenBudget, CancellationToken cancellationToken)
    {
        if (await outage.ExecuteAsync(async cancel => await prepared.LoadAsync(preparedName, cancel), cancellationToken) is { } loaded)
        {
            return (new() { Jpeg = loaded.Jpeg, Name = name }, loaded.MadeFrom, null);
        }

        var source = await outage.ExecuteAsync(async cancel => await prepared.PrepareAsync(name, etag, imageTokenBudget, cancel), cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await outage.ExecuteAsync(async cancel => await prepared.StoreAsync(preparedName, image.Jpeg, name, cancel), cancellationToken);
                return (new() { Jpeg = image.Jpeg, Name = name }, name, null);
            case PreparationOutcome.Rejected why:
                return (null, null, new(why.Code, why.Message, why.Remedy));
            default:
                return default;
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
