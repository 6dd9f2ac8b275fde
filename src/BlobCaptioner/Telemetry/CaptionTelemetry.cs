using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace BlobCaptioner.Telemetry;

/// <summary>Names of this library's traces and metrics, for hosts to subscribe to.</summary>
public static class CaptionTelemetry
{
    /// <summary>Name of the <see cref="ActivitySource"/> of all spans.</summary>
    public const string SourceName = "BlobCaptioner";

    /// <summary>Name of the pipeline's <see cref="Meter"/>: intake, queue, records.</summary>
    public const string MeterName = "BlobCaptioner";

    /// <summary>Name of the engine's <see cref="Meter"/>: slots, KV cache, tokens of this process.</summary>
    public const string InferenceMeterName = "BlobCaptioner.Inference";
}

/// <summary>Attribute names of spans and metrics: OpenTelemetry's where it defines one.</summary>
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
}
