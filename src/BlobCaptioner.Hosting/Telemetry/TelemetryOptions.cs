using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>
/// What a host sends about itself, beyond the standard variables <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>,
/// <c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_SDK_DISABLED</c>. Section <see cref="Section"/>.
/// </summary>
public sealed record TelemetryOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Telemetry";

    /// <summary>True serves the metrics to Prometheus. Null, the default, leaves it to the host: the worker does, the others don't.</summary>
    public bool? Prometheus { get; init; }

    /// <summary>True adds the Azure SDK's own spans, one for each request to storage: some ten more for a picture. Default false.</summary>
    public bool AzureSpans { get; init; }

    /// <summary>
    /// True signs in to Azure Monitor with a managed identity (role Monitoring Metrics Publisher), for resources that take no other sign-in.
    /// Default false: the connection string's key is enough.
    /// </summary>
    public bool ManagedIdentity { get; init; }

    /// <summary>Client id of that identity. Null, the default, takes <c>AZURE_CLIENT_ID</c>, or without it the system-assigned one.</summary>
    public string? ClientId { get; init; }

    /// <summary>Time between two looks at the queues, three requests each. Default 30 s; zero looks never, the most is a day. Only where metrics are exported.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan QueueWatch { get; init; } = TimeSpan.FromSeconds(30);
}
