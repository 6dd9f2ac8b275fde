using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Storage;
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
    private readonly CancellationTokenSource _end = new();
    private readonly QueueWatch? _watch;
    private readonly Task _watching = Task.CompletedTask;

    private TelemetrySession(ServiceProvider services, CaptionStorage? watched)
    {
        _services = services;
        var interval = services.GetRequiredService<TelemetryPlan>().Options.QueueWatch;
        if (watched is not null && interval > TimeSpan.Zero && services.GetService<MeterProvider>() is not null)
        {
            _watch = new(watched);
            _watching = _watch.RunAsync(interval, _end.Token);
        }
    }

    /// <summary>Where log entries go; to be added to the program's logging. Empty where logs are not exported.</summary>
    public IEnumerable<ILoggerProvider> Loggers => _services.GetServices<ILoggerProvider>();

    /// <summary>Starts it.</summary>
    /// <param name="configuration">As for <see cref="CaptionerTelemetryExtensions.AddCaptionerTelemetry"/>; Prometheus is not served.</param>
    /// <param name="serviceName"><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> says another.</param>
    /// <param name="watched">Whose queues it looks at for the gauges; null for none.</param>
    /// <returns>Null where nothing is to be exported.</returns>
    public static TelemetrySession? Start(IConfiguration configuration, string serviceName, CaptionStorage? watched = null)
    {
        if (TelemetryPlan.Read(configuration, serviceName, prometheus: false) is { Traces: false, Metrics: false, Logs: false })
        {
            return null;
        }

        var services = new ServiceCollection().AddLogging().AddCaptionerTelemetry(configuration, serviceName).BuildServiceProvider();

        // Made when first asked for; a generic host asks at its start.
        _ = services.GetService<TracerProvider>();
        _ = services.GetService<MeterProvider>();
        return new(services, watched);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;

        // The last export still has the gauges.
        await _services.DisposeAsync();
        _watch?.Dispose();
        _end.Dispose();
    }
}
