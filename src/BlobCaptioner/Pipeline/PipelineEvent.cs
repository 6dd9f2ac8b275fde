using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline;

/// <summary>An event in an image's processing, for tables, logs and JSON lines.</summary>
public sealed record PipelineEvent
{
    /// <summary>The kind of event.</summary>
    public required PipelineEventKind Kind { get; init; }

    /// <summary>The image's name; for a product its record's name.</summary>
    public required string Name { get; init; }

    /// <summary>True for a product, false for an image.</summary>
    public bool IsProduct => ProductRecords.IsProductRecord(Name);

    /// <summary>Time of the event, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Duration: for <see cref="PipelineEventKind.Described"/> from the model's call to its answer. Null where it was not measured.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Tokens and times of the model's answer; only for <see cref="PipelineEventKind.Described"/>.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>The reason; null without an error.</summary>
    public RecordError? Error { get; init; }

    /// <summary>The text that the model is writing; only for <see cref="PipelineEventKind.Started"/>.</summary>
    public CaptionDraft? Draft { get; init; }

    /// <summary>The record that was written; null for none.</summary>
    public CaptionRecord? Record { get; init; }
}

/// <summary>The kinds of <see cref="PipelineEvent"/>.</summary>
public enum PipelineEventKind
{
    /// <summary>The image was uploaded.</summary>
    Uploaded,

    /// <summary>The image is being read and prepared.</summary>
    Preparing,

    /// <summary>Intake ended without a job: the image is gone, up to date or rejected, or intake failed.</summary>
    Passed,

    /// <summary>The image was prepared and its job enqueued.</summary>
    Enqueued,

    /// <summary>It can't be described; its record says why.</summary>
    Rejected,

    /// <summary>The model has begun the image.</summary>
    Started,

    /// <summary>The record with the copy was written.</summary>
    Described,

    /// <summary>A try failed; another one follows.</summary>
    Retried,

    /// <summary>The image was given up after the last try; its record says why.</summary>
    Failed,

    /// <summary>The job was dropped: the image is gone, replaced, or described already.</summary>
    Dropped,

    /// <summary>The job was handed back to the queue unfinished.</summary>
    HandedBack,

    /// <summary>A blob that is not a record has the record's name and is left alone.</summary>
    Blocked,

    /// <summary>A message could not be read and went to the poison queue; the name is the message's id.</summary>
    Unreadable,

    /// <summary>Storage could not be reached or answered with an error; the request is tried again. The name is what was tried.</summary>
    StorageTrouble,
}
