using BlobCaptioner.Captioning;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Asks the model, for at most <see cref="QueueLoopOptions.ModelTimeout"/>.</summary>
internal static class ModelCall
{
    /// <summary>Asks. An exception is returned, unless the token was cancelled.</summary>
    public static async Task<(Caption? Written, Exception? Problem)> AskAsync(JobServices services, CaptionRequest request, CancellationToken cancellationToken)
    {
        var (model, time, limit) = (services.Model, services.Time, services.Options.ModelTimeout);
        using var span = CaptionTracing.Source.StartActivity("caption");
        CaptionTracing.Describe(span, model.Info, usage: null);
        var started = time.GetTimestamp();
        using var late = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            // A model that ignores its token is left alone: its picture goes on, and so do the others.
            var caption = await model.DescribeAsync(request, stop.Token).WaitAsync(stop.Token);
            CaptionTracing.Describe(span, model.Info, caption.Usage);
            PipelineMetrics.Captioned(model.Info.Name, time.GetElapsedTime(started), caption.Usage);
            return (caption, null);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            var problem = late.IsCancellationRequested
                ? new CaptionException(
                    "model-timeout", $"The model gave no answer within {limit}.", $"Raise {QueueLoopOptions.Section}:{nameof(QueueLoopOptions.ModelTimeout)} if the model is that slow, else read the worker's log.", retry: true)
                : error;
            CaptionTracing.Fail(span, problem);
            PipelineMetrics.NotCaptioned(model.Info.Name, time.GetElapsedTime(started), problem is CaptionException known ? known.Code : "model-error");
            return (null, problem);
        }
    }
}
