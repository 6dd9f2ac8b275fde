using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Whether the worker takes jobs (ready), or at least has a future (live).</summary>
internal sealed class WorkerHealthCheck(WorkerState state, bool ready) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var phase = state.Phase;
        var good = ready ? phase == WorkerPhase.Ready : phase != WorkerPhase.Failed;
        return Task.FromResult(good ? HealthCheckResult.Healthy(phase.ToString()) : HealthCheckResult.Unhealthy(state.Failure ?? phase.ToString()));
    }
}
