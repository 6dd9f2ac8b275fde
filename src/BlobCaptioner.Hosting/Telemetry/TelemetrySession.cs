using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>Telemetry of a program without a generic host. Disposing sends what is left.</summary>
public sealed class TelemetrySession : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private TelemetrySession(ServiceProvider services) => _services = services;

    /// <summary>Where log entries go; to be added to the program's logging. Empty where logs are not exported.</summary>
    public IEnumerable<ILoggerProvider> Loggers => _services.GetServices<ILoggerProvider>();

    /// <summary>Starts it.</summary>
    /// <param name="configuration">As for <see cref="CaptionerTelemetryExtensions.AddCaptionerTelemetry"/>; Prometheus is not served.</param>
    /// <param name="serviceName"><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> says another.</param>
    /// <returns>Null where nothing is to be exported.</returns>
    public static TelemetrySession? Start(IConfiguration configuration, string serviceName)
    {
        if (TelemetryPlan.Read(configuration, serviceName, prometheus: false) is { Traces: false, Metrics: false, Logs: false })
        {
            return null;
        }

        var services = new ServiceCollection().AddLogging().AddCaptionerTelemetry(configuration, serviceName).BuildServiceProvider();
        _ = services.GetService<TracerProvider>();
        _ = services.GetService<MeterProvider>();
        return new(services);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
