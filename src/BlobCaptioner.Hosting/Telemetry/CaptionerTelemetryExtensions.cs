using Azure.Core;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>Exports a host's traces, metrics and logs to where its configuration says. Without such configuration it costs nothing.</summary>
public static class CaptionerTelemetryExtensions
{
    /// <summary>
    /// Sends traces, metrics and logs by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (or that of one signal), to Azure Monitor where
    /// <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> is, and serves metrics to Prometheus. Several may be on at once.
    /// Watches the queues of the registered <see cref="CaptionStorage"/>, if there is one.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration with environment variables.</param>
    /// <param name="serviceName"><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> overrides it: <c>captioner-gpu-worker</c>.</param>
    /// <param name="prometheus">True for the host that calls <see cref="MapCaptionerMetrics"/>; <see cref="TelemetryOptions.Prometheus"/> overrides it.</param>
    /// <param name="platform">Adds the platform's own telemetry; called only where something is exported. Our resource attributes override its own.</param>
    /// <exception cref="Settings.SettingsException">A setting is unknown, of the wrong type or out of its range.</exception>
    public static IServiceCollection AddCaptionerTelemetry(
        this IServiceCollection services,
        IConfiguration configuration,
        string serviceName,
        bool prometheus = false,
        Action<IOpenTelemetryBuilder>? platform = null)
    {
        var plan = TelemetryPlan.Read(configuration, serviceName, prometheus);
        services.AddSingleton(plan);
        if (plan is { Traces: false, Metrics: false, Logs: false })
        {
            return services;
        }

        // The exporters read their variables from the registered configuration.
        services.TryAddSingleton(configuration);
        var telemetry = services.AddOpenTelemetry();
        platform?.Invoke(telemetry);
        telemetry.ConfigureResource(plan.Describe);
        var credential = plan is { AzureMonitor: not null, Options.ManagedIdentity: true } ? Identity(configuration, plan) : null;
        if (plan.Traces)
        {
            telemetry.WithTracing(traces => AddTraces(traces, plan, credential));
        }

        if (plan.Metrics)
        {
            telemetry.WithMetrics(metrics => AddMetrics(metrics, plan, credential));
            if (plan.Options.QueueWatch > TimeSpan.Zero)
            {
                services.AddHostedService<QueueWatchService>();
            }
        }

        if (plan.Logs)
        {
            telemetry.WithLogging(logs => AddLogs(logs, plan, credential), options => options.IncludeFormattedMessage = true);
        }

        return services;
    }

    /// <summary>Serves the metrics to Prometheus, unless that is turned off.</summary>
    /// <param name="endpoints">The host's endpoints.</param>
    /// <param name="path">The endpoint's path.</param>
    public static IEndpointRouteBuilder MapCaptionerMetrics(this IEndpointRouteBuilder endpoints, string path = "/metrics")
    {
        if (endpoints.ServiceProvider.GetRequiredService<TelemetryPlan>().Prometheus)
        {
            endpoints.MapPrometheusScrapingEndpoint(path);
        }

        return endpoints;
    }

    private static void AddTraces(TracerProviderBuilder traces, TelemetryPlan plan, TokenCredential? credential)
    {
        traces.AddSource(CaptionTelemetry.SourceName);
        if (plan.Options.AzureSpans)
        {
            AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", isEnabled: true);
            traces.AddSource("Azure.*");
        }

        if (plan.OtlpTraces)
        {
            traces.AddOtlpExporter();
        }

        if (plan.AzureMonitor is not null)
        {
            traces.AddAzureMonitorTraceExporter(options => Configure(options, plan, credential));
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics, TelemetryPlan plan, TokenCredential? credential)
    {
        metrics.AddMeter(CaptionTelemetry.MeterName, CaptionTelemetry.InferenceMeterName, "System.Runtime");
        if (plan.OtlpMetrics)
        {
            metrics.AddOtlpExporter();
        }

        if (plan.AzureMonitor is not null)
        {
            metrics.AddAzureMonitorMetricExporter(options => Configure(options, plan, credential));
        }

        if (plan.Prometheus)
        {
            metrics.AddPrometheusExporter();
        }
    }

    private static void AddLogs(LoggerProviderBuilder logs, TelemetryPlan plan, TokenCredential? credential)
    {
        if (plan.OtlpLogs)
        {
            logs.AddOtlpExporter();
        }

        if (plan.AzureMonitor is not null)
        {
            logs.AddAzureMonitorLogExporter(options => Configure(options, plan, credential));
        }
    }

    private static void Configure(AzureMonitorExporterOptions options, TelemetryPlan plan, TokenCredential? credential)
    {
        options.ConnectionString = plan.AzureMonitor;
        options.Credential = credential;

        // Traces are sampled (5 a second unless OTEL_TRACES_SAMPLER says otherwise); a warning must arrive with or without its trace.
        options.EnableTraceBasedLogsSampler = false;
    }

    private static ManagedIdentityCredential Identity(IConfiguration configuration, TelemetryPlan plan) =>
        new((plan.Options.ClientId ?? configuration["AZURE_CLIENT_ID"]) is { Length: > 0 } id
            ? ManagedIdentityId.FromUserAssignedClientId(id)
            : ManagedIdentityId.SystemAssigned);
}

/// <summary>Watches the queues while the host runs; does nothing where no storage is registered.</summary>
internal sealed class QueueWatchService(IServiceProvider services, TelemetryPlan plan) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<CaptionStorage>() is { } storage)
        {
            using var watch = new QueueWatch(storage, services.GetService<TimeProvider>());
            await watch.RunAsync(plan.Options.QueueWatch, stoppingToken);
        }
    }
}
