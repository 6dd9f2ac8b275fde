using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>Telemetry of a program without a generic host. Disposing sends the remaining data.</summary>
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

    /// <summary>Log exporters, for the program's logging. Empty where logs are not exported.</summary>
    public IEnumerable<ILoggerProvider> Loggers => _services.GetServices<ILoggerProvider>();

    /// <summary>Starts exporting.</summary>
    /// <param name="configuration">As for <see cref="CaptionerTelemetryExtensions.AddCaptionerTelemetry"/>; Prometheus is not served.</param>
    /// <param name="serviceName"><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> overrides it.</param>
    /// <param name="watched">The storage whose queues are watched for the gauges; null for none.</param>
    /// <returns>Null where nothing is exported.</returns>
    public static TelemetrySession? Start(IConfiguration configuration, string serviceName, CaptionStorage? watched = null)
    {
        if (TelemetryPlan.Read(configuration, serviceName, prometheus: false) is { Traces: false, Metrics: false, Logs: false })
        {
            return null;
        }

        var services = new ServiceCollection().AddLogging().AddCaptionerTelemetry(configuration, serviceName).BuildServiceProvider();

        // Providers are created on first use; a generic host uses them at its start.
        _ = services.GetService<TracerProvider>();
        _ = services.GetService<MeterProvider>();
        return new(services, watched);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;

        // The last export still contains the gauges.
        await _services.DisposeAsync();
        _watch?.Dispose();
        _end.Dispose();
    }
}
