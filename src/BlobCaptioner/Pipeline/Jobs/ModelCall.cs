using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Gets a job's copy: from a record of the same bytes, else from the model.</summary>
internal sealed class ModelCall(ICaptionModel model, CaptionStore store, PreparedImages prepared, ResiliencePipeline outage, TimeProvider time)
{
    /// <summary>
    /// Finds the finished record of the same bytes under another name. The prepared image, which both share, names the image that it was made from. So only an
    /// image with known bytes costs a request. Two that are worked on at the same time are both described.
    /// </summary>
    public async Task<CaptionRecord?> FindCopyAsync(CaptionJob job, LoadedJob.Ready ready, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        if (job.Force || ready.MadeFrom is not { } other || other == job.Name || job.ContentHash.Length == 0)
        {
            return null;
        }

        var fingerprint = Fingerprint.Compute(job.ContentHash, job.Preparation, resolved.Version, model.Info.Hash);
        var found = await outage.ExecuteAsync(async cancel => await store.ReadAsync(other, cancel), cancellationToken);
        return found?.Record is { Status: RecordStatus.Described } record && record.Fingerprint == fingerprint ? record : null;
    }

    /// <summary>Lets later images of the same bytes find this job's record, where the prepared image names another one.</summary>
    public async Task NoteSourceAsync(CaptionJob job, LoadedJob.Ready ready, CancellationToken cancellationToken)
    {
        if (job.Product is null && ready.MadeFrom != job.Name)
        {
            await outage.ExecuteAsync(async cancel => await prepared.NoteMadeFromAsync(job.PreparedBlob, job.Name, cancel), cancellationToken);
        }
    }

    /// <summary>Asks the model. An exception is returned, unless the token was cancelled.</summary>
    public async Task<(Caption? Written, Exception? Problem)> AskAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.Source.StartActivity("caption");
        CaptionTracing.Describe(span, model.Info, usage: null);
        var started = time.GetTimestamp();
        try
        {
            var caption = await model.DescribeAsync(request, cancellationToken);
            CaptionTracing.Describe(span, model.Info, caption.Usage);
            PipelineMetrics.Captioned(model.Info.Name, time.GetElapsedTime(started), caption.Usage);
            return (caption, null);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            PipelineMetrics.NotCaptioned(model.Info.Name, time.GetElapsedTime(started), error is CaptionException known ? known.Code : "model-error");
            return (null, error);
        }
    }
}
