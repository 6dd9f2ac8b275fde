using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>One line of <c>--json</c> output.</summary>
internal sealed record ReportLine
{
    /// <summary>What happened: a <see cref="PipelineEventKind"/> in camelCase, <c>setup</c>, <c>swept</c>, <c>warning</c> or <c>summary</c>.</summary>
    public required string Event { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The image's name.</summary>
    public string? Name { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>How long the step took, in milliseconds.</summary>
    public double? ElapsedMs { get; init; }

    /// <summary>Why.</summary>
    public RecordError? Error { get; init; }

    /// <summary>The record that was written.</summary>
    public CaptionRecord? Record { get; init; }

    /// <summary>What a sweep found.</summary>
    public SweepSummary? Sweep { get; init; }

    /// <summary>The run's end.</summary>
    public RunSummary? Summary { get; init; }
}
