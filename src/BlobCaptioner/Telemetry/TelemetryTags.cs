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
}
