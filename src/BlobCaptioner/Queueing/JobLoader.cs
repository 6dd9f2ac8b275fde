using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Intake;
using BlobCaptioner.Results;
using Polly;

namespace BlobCaptioner.Queueing;

/// <summary>Fetches what the model needs for a job, and sees before it whether the job still has a point. Waits storage trouble out.</summary>
internal sealed class JobLoader(CaptionStore store, PreparedImages prepared, string modelHash, ResiliencePipeline outage)
{
    public async Task<LoadedJob> LoadAsync(CaptionJob job, Profile profile, CancellationToken cancellationToken)
    {
        var (over, present) = await outage.ExecuteAsync(async cancel => await FindEndAsync(job, profile, cancel), cancellationToken);
        if (over is { } reason)
        {
            return new LoadedJob.Over(reason);
        }

        if (await outage.ExecuteAsync(async cancel => await prepared.LoadAsync(job.PreparedBlob, cancel), cancellationToken) is { } jpeg)
        {
            return new LoadedJob.Ready(jpeg, present);
        }

        // The lifecycle rule was faster than the queue.
        var source = await outage.ExecuteAsync(
            async cancel => await prepared.PrepareAsync(job.Name, job.ETag, profile.ImageTokenBudget, cancel), cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await outage.ExecuteAsync(async cancel => await prepared.StoreAsync(job.PreparedBlob, image.Jpeg, cancel), cancellationToken);
                return new LoadedJob.Ready(image.Jpeg, present);
            case PreparationOutcome.Rejected why:
                return new LoadedJob.Unfit(new(why.Code, why.Message, why.Remedy), prepared.RejectedBy(job.Preparation));
            default:
                return new LoadedJob.Over(RecordWrite.ImageChanged);
        }
    }

    private async Task<(RecordWrite? End, StoredRecord? Present)> FindEndAsync(CaptionJob job, Profile profile, CancellationToken cancellationToken)
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
            { Record: var record } when present.ETag != job.Replaces && IsDone(record, job, profile) => RecordWrite.AlreadyThere,
            _ => null,
        }, present);
    }

    private bool IsDone(CaptionRecord record, CaptionJob job, Profile profile)
    {
        var asked = record.Generation.ModelHash is null ? "" : modelHash;
        return record.Status != RecordStatus.Failed && record.Image.ETag == job.ETag
            && record.Fingerprint == Fingerprint.Compute(job.ContentHash, job.Preparation, profile.Version, asked);
    }
}
