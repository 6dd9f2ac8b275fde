using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Fetches what the model needs for a job, and sees before it whether the job still has a point. Waits storage trouble out.</summary>
internal sealed class JobLoader(CaptionStore store, PreparedImages prepared, string modelHash, ResiliencePipeline outage)
{
    public async Task<LoadedJob> LoadAsync(CaptionJob job, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var (over, present) = await outage.ExecuteAsync(async cancel => await FindEndAsync(job, resolved, cancel), cancellationToken);
        if (over is { } reason)
        {
            return new LoadedJob.Over(reason);
        }

        if (await outage.ExecuteAsync(async cancel => await prepared.LoadAsync(job.PreparedBlob, cancel), cancellationToken) is { } loaded)
        {
            return new LoadedJob.Ready([new() { Jpeg = loaded.Jpeg, Name = job.Name }], present) { MadeFrom = loaded.MadeFrom };
        }

        // The lifecycle rule was faster than the queue.
        var source = await outage.ExecuteAsync(
            async cancel => await prepared.PrepareAsync(job.Name, job.ETag, resolved.Profile.ImageTokenBudget, cancel), cancellationToken);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await outage.ExecuteAsync(async cancel => await prepared.StoreAsync(job.PreparedBlob, image.Jpeg, job.Name, cancel), cancellationToken);
                return new LoadedJob.Ready([new() { Jpeg = image.Jpeg, Name = job.Name }], present) { MadeFrom = job.Name };
            case PreparationOutcome.Rejected why:
                return new LoadedJob.Unfit(new(why.Code, why.Message, why.Remedy), prepared.RejectedBy(job.Preparation));
            default:
                return new LoadedJob.Over(RecordWrite.ImageChanged);
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
