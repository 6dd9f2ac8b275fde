using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BlobCaptioner.Hosting.Telemetry;

/// <summary>Looks at the queues while the host runs; does nothing where no storage is registered.</summary>
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
