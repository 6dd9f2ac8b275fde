using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace BlobCaptioner.Telemetry;

/// <summary>The names under which this library publishes traces and metrics; hosts subscribe to them.</summary>
public static class CaptionTelemetry
{
    /// <summary>The <see cref="ActivitySource"/> of every span.</summary>
    public const string SourceName = "BlobCaptioner";

    /// <summary>The <see cref="Meter"/> of the pipeline: intake, queue, records.</summary>
    public const string MeterName = "BlobCaptioner";

    /// <summary>The <see cref="Meter"/> of the engine in this process: slots, KV cache, tokens.</summary>
    public const string InferenceMeterName = "BlobCaptioner.Inference";
}
