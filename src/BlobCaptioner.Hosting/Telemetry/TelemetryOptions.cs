using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>
/// What a host sends about itself, beyond the standard variables <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>,
/// <c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_SDK_DISABLED</c>; configuration section <c>Telemetry</c>.
/// </summary>
public sealed record TelemetryOptions : IValidatableObject
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Telemetry";

    /// <summary>Whether metrics are served to Prometheus.</summary>
    /// <value>Default null: the GPU worker serves them, other hosts don't.</value>
    public bool? Prometheus { get; init; }

    /// <summary>True adds the Azure SDK's own spans, one for each request to storage: about ten more for an image.</summary>
    /// <value>Default false.</value>
    public bool AzureSpans { get; init; }

    /// <summary>True signs in to Azure Monitor with a managed identity (role Monitoring Metrics Publisher), for resources that allow no other sign-in.</summary>
    /// <value>Default false: the connection string's key is enough.</value>
    public bool ManagedIdentity { get; init; }

    /// <summary>Client id of that identity.</summary>
    /// <value>Default null, for <c>AZURE_CLIENT_ID</c>, else the system-assigned identity.</value>
    public string? ClientId { get; init; }

    /// <summary>Time between two looks at the queues, three requests each; only where metrics are exported.</summary>
    /// <value>1 s to 1 day, or 0 for never; default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan QueueWatch { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (QueueWatch > TimeSpan.Zero && QueueWatch < TimeSpan.FromSeconds(1))
        {
            yield return new("It must be at least 00:00:01, or 00:00:00 for never.", [nameof(QueueWatch)]);
        }
    }
}

/// <summary>Checks <see cref="TelemetryOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>;
