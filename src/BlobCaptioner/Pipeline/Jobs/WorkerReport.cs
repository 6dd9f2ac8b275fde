using BlobCaptioner.Captioning;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Publishes a worker's events to its listener, metrics, spans and log.</summary>
internal sealed partial class WorkerReport(TimeProvider time, Action<PipelineEvent>? onEvent, ILogger logger)
{
    public void Publish(
        PipelineEventKind kind, string name, RecordError? error = null, CaptionRecord? record = null, TimeSpan? elapsed = null, CaptionUsage? usage = null,
        CaptionDraft? draft = null)
    {
        PipelineMetrics.Count(kind, error?.Code, PipelineMetrics.Worker);
        CaptionTracing.AddEvent(kind, error);
        if (record is not null)
        {
            PipelineMetrics.Ended(kind, record.Generation.Tries);
        }

        onEvent?.Invoke(new() { Kind = kind, Name = name, At = time.GetUtcNow(), Error = error, Record = record, Elapsed = elapsed, Usage = usage, Draft = draft });
    }

    public void Dropped(string name, RecordWrite why) => Publish(
        why == RecordWrite.Blocked ? PipelineEventKind.Blocked : PipelineEventKind.Dropped,
        name,
        why switch
        {
            RecordWrite.ImageGone => new("image-gone", "The image was deleted.", "Nothing to do."),
            RecordWrite.ImageChanged => new("image-changed", "The image was replaced.", "Nothing to do: the newer version has its own job."),
            RecordWrite.Blocked => new(
                "record-name-taken",
                $"'{(ProductRecords.IsProductRecord(name) ? name : ImageNames.RecordFor(name))}' has the name of the record of '{name}', but is not a caption record.",
                "Rename or delete that file, then run the sweep."),
            _ => new("done-already", "An up-to-date record exists.", "Nothing to do."),
        });

    [LoggerMessage(19, LogLevel.Warning, "Storage failed; it is tried again")]
    public partial void StorageTrouble(Exception error);

    [LoggerMessage(20, LogLevel.Warning, "'{Name}': the lease was lost; another worker has the job now")]
    public partial void LeaseLost(string name);

    [LoggerMessage(21, LogLevel.Warning, "'{Name}': interrupted and handed back")]
    public partial void JobInterrupted(Exception error, string name);

    [LoggerMessage(22, LogLevel.Warning, "'{Name}': try {Tries} of {MaxTries} failed")]
    public partial void TryFailed(Exception error, string name, int tries, int maxTries);

    [LoggerMessage(23, LogLevel.Error, "'{Name}': given up after {Tries} tries. {Code}: {Reason}")]
    public partial void GivenUp(string name, int tries, string code, string reason);

    [LoggerMessage(24, LogLevel.Error, "Message {Id} can't be read and went to the poison queue: {Problem}")]
    public partial void MessageUnreadable(string id, string problem);

    [LoggerMessage(25, LogLevel.Warning, "This worker does not know the profile '{Profile}': jobs for it are handed back. {Reason}")]
    public partial void ProfileUnknown(string profile, string reason);
}
