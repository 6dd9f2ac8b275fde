using BlobCaptioner.Hosting.Settings;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Resources;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>Which signals are exported where, read from configuration once.</summary>
internal sealed record TelemetryPlan
{
    public required string ServiceName { get; init; }

    public required string Instance { get; init; }

    public required TelemetryOptions Options { get; init; }

    public bool OtlpTraces { get; init; }

    public bool OtlpMetrics { get; init; }

    public bool OtlpLogs { get; init; }

    /// <summary>Azure Monitor's connection string; null for no export.</summary>
    public string? AzureMonitor { get; init; }

    public bool Prometheus { get; init; }

    public bool Traces => OtlpTraces || AzureMonitor is not null;

    public bool Metrics => OtlpMetrics || AzureMonitor is not null || Prometheus;

    public bool Logs => OtlpLogs || AzureMonitor is not null;

    /// <summary>Reads the standard variables and section <see cref="TelemetryOptions.Section"/>.</summary>
    /// <param name="configuration">The host's configuration, environment variables in it.</param>
    /// <param name="serviceName"><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> overrides it.</param>
    /// <param name="prometheus">True serves metrics to Prometheus, unless <see cref="TelemetryOptions.Prometheus"/> overrides it.</param>
    /// <exception cref="SettingsException">A setting is unknown, of the wrong type or out of its range.</exception>
    public static TelemetryPlan Read(IConfiguration configuration, string serviceName, bool prometheus)
    {
        var options = SettingsBinding.Read<TelemetryOptions, TelemetryOptionsValidator>(configuration, TelemetryOptions.Section);
        var plan = new TelemetryPlan
        {
            ServiceName = Value(configuration, "OTEL_SERVICE_NAME") ?? serviceName,
            Instance = Value(configuration, "CONTAINER_APP_REPLICA_NAME") ?? $"{Environment.MachineName}/{Environment.ProcessId}",
            Options = options,
        };
        return string.Equals(Value(configuration, "OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
            ? plan
            : plan with
            {
                OtlpTraces = HasOtlp(configuration, "TRACES"),
                OtlpMetrics = HasOtlp(configuration, "METRICS"),
                OtlpLogs = HasOtlp(configuration, "LOGS"),
                AzureMonitor = Value(configuration, "APPLICATIONINSIGHTS_CONNECTION_STRING"),
                Prometheus = options.Prometheus ?? prometheus,
            };
    }

    /// <summary>Adds the sender's attributes; those of <c>OTEL_RESOURCE_ATTRIBUTES</c> win.</summary>
    public void Describe(ResourceBuilder resource) => resource
        .AddService(ServiceName, serviceNamespace: "BlobCaptioner", Version, autoGenerateServiceInstanceId: false, Instance)
        .AddEnvironmentVariableDetector();

    private static string Version { get; } = typeof(Pipeline.PipelineEvent).Assembly.GetName().Version!.ToString(3);

    // Each signal may have an endpoint of its own.
    private static bool HasOtlp(IConfiguration configuration, string signal) =>
        Value(configuration, "OTEL_EXPORTER_OTLP_ENDPOINT") is not null || Value(configuration, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is not null;

    private static string? Value(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } value ? value : null;
}
