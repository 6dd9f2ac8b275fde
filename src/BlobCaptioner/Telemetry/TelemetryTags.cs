using BlobCaptioner.Queueing;

namespace BlobCaptioner.Telemetry;

/// <summary>Attribute names of spans and metrics, and their values. Where OpenTelemetry has a name, it is that one.</summary>
internal static class TelemetryTags
{
    public const string Code = "captioner.code";
    public const string Container = "captioner.container";
    public const string ErrorType = "error.type";
    public const string Model = "captioner.model";
    public const string Outcome = "captioner.outcome";
    public const string Phase = "captioner.phase";
    public const string Picture = "captioner.picture";
    public const string Profile = "captioner.profile";
    public const string Queue = "messaging.destination.name";
    public const string Reason = "captioner.reason";
    public const string Server = "server.address";
    public const string Stage = "captioner.stage";
    public const string State = "captioner.state";
    public const string TokenKind = "captioner.token.kind";
    public const string Tries = "captioner.tries";

    /// <summary>The value of <see cref="State"/>; null where the event is no state of a picture.</summary>
    public static string? StateOf(PipelineEventKind kind) => kind switch
    {
        PipelineEventKind.Enqueued => "enqueued",
        PipelineEventKind.Rejected => "rejected",
        PipelineEventKind.Started => "started",
        PipelineEventKind.Described => "described",
        PipelineEventKind.Retried => "retried",
        PipelineEventKind.Failed => "failed",
        PipelineEventKind.Dropped => "dropped",
        PipelineEventKind.HandedBack => "handed_back",
        PipelineEventKind.Blocked => "blocked",
        PipelineEventKind.Unreadable => "unreadable",
        _ => null,
    };
}
