using BlobCaptioner.Hosting.Settings;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Resources;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>What goes where, read from configuration once. With nothing to export nothing is set up.</summary>
internal sealed record TelemetryPlan
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public required string ServiceName { get; init; }

    public required string Instance { get; init; }

    public required TelemetryOptions Options { get; init; }

    public bool OtlpTraces { get; init; }

    public bool OtlpMetrics { get; init; }

    public bool OtlpLogs { get; init; }

    /// <summary>Azure Monitor's connection string; null without.</summary>
    public string? AzureMonitor { get; init; }

    public bool Prometheus { get; init; }

    public bool Traces => OtlpTraces || AzureMonitor is not null;

    public bool Metrics => OtlpMetrics || AzureMonitor is not null || Prometheus;

    public bool Logs => OtlpLogs || AzureMonitor is not null;

    /// <summary>Reads the standard variables and section <see cref="TelemetryOptions.Section"/>.</summary>
    /// <param name="configuration">The host's configuration, environment variables in it.</param>
    /// <param name="serviceName">Unless <c>OTEL_SERVICE_NAME</c> says another.</param>
    /// <param name="prometheus">Unless <see cref="TelemetryOptions.Prometheus"/> says otherwise.</param>
    /// <exception cref="SettingsException">A setting is unknown, of the wrong type or out of its range.</exception>
    public static TelemetryPlan Read(IConfiguration configuration, string serviceName, bool prometheus)
    {
        var options = SettingsReader.Read<TelemetryOptions>(configuration, TelemetryOptions.Section);
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

    /// <summary>Who sends: what <c>OTEL_RESOURCE_ATTRIBUTES</c> says wins.</summary>
    public void Describe(ResourceBuilder resource) => resource
        .AddService(ServiceName, serviceNamespace: "BlobCaptioner", Version, autoGenerateServiceInstanceId: false, Instance)
        .AddEnvironmentVariableDetector();

    private static string Version { get; } = typeof(BlobCaptioner.Pipeline.CaptionJob).Assembly.GetName().Version!.ToString(3);

    // One signal may go elsewhere than the others, or alone.
    private static bool HasOtlp(IConfiguration configuration, string signal) =>
        Value(configuration, Endpoint) is not null || Value(configuration, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is not null;

    private static string? Value(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } value ? value : null;
}
