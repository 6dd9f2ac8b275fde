using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline;

/// <summary>One step on an image's way, for tables, logs and JSON lines.</summary>
public sealed record PipelineEvent
{
    /// <summary>What happened.</summary>
    public required PipelineEventKind Kind { get; init; }

    /// <summary>The image's name; of a product its record's.</summary>
    public required string Name { get; init; }

    /// <summary>True where it happened to a product, not to an image.</summary>
    public bool IsProduct => ProductRecords.IsProductRecord(Name);

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long the step took: for <see cref="PipelineEventKind.Described"/> from the model's call to its answer. Null where nothing was measured.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>What the model's answer cost; only for <see cref="PipelineEventKind.Described"/>.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>Why; null where nothing went wrong.</summary>
    public RecordError? Error { get; init; }

    /// <summary>What the model writes, as it writes it; only for <see cref="PipelineEventKind.Started"/>.</summary>
    public CaptionDraft? Draft { get; init; }

    /// <summary>The record that was written; null where none was.</summary>
    public CaptionRecord? Record { get; init; }
}
