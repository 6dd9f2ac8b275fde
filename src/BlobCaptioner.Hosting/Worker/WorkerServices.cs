using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Finds or downloads the model and loads it. Called once; the model is disposed of when the worker has ended.</summary>
/// <param name="cancellationToken">Gives up.</param>
public delegate Task<ICaptionModel> CaptionModelFactory(CancellationToken cancellationToken);

/// <summary>Registers a caption worker in a host. Settings are checked when the host starts.</summary>
public static class WorkerServices
{
    private static readonly TimeSpan AfterTheWorker = TimeSpan.FromSeconds(10);

    /// <summary>Registers the worker, its health checks, storage, images and queue, and what <see cref="AddCaptionModel"/> does.</summary>
    public static IServiceCollection AddCaptionWorker(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, CaptionModelFactory> local)
    {
        services.AddCaptionQueue(configuration).AddCaptionModel(configuration, local)
            .AddSettings<WorkerOptions, WorkerOptionsValidator>(configuration, WorkerOptions.Section)
            .AddSingleton<WorkerState>()
            .AddHostedService<CaptionWorker>();

        // The worker keeps to its own grace; the host must wait longer, since it stops the other services after it.
        services.AddOptions<HostOptions>().Configure<WorkerOptions>((host, worker) => host.ShutdownTimeout = worker.ShutdownGrace + AfterTheWorker);
        services.AddHealthChecks()
            .Add(Check("worker-live", WorkerEndpoints.Live, phase => phase != WorkerPhase.Failed))
            .Add(Check("worker-ready", WorkerEndpoints.Ready, phase => phase == WorkerPhase.Ready));
        return services;
    }

    /// <summary>
    /// Registers images, the profile, <see cref="ModelOptions"/>, <see cref="EngineOptions"/> and the <see cref="CaptionModelFactory"/>: enough for a self-test.
    /// The model is a server's where the section <c>Remote</c> is set, else that of <paramref name="local"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="local">Makes the factory of the model in this process.</param>
    public static IServiceCollection AddCaptionModel(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, CaptionModelFactory> local)
    {
        services.AddCaptionImages(configuration).AddCaptionProfile(configuration)
            .AddSettings<ModelOptions, ModelOptionsValidator>(configuration, ModelOptions.Section)
            .AddSettings<EngineOptions, EngineOptionsValidator>(configuration, EngineOptions.Section);
        return configuration.GetSection(RemoteModelOptions.Section).Exists()
            ? services.AddSettings<RemoteModelOptions, RemoteModelOptionsValidator>(configuration, RemoteModelOptions.Section)
                .AddSingleton<CaptionModelFactory>(provider => cancellationToken => ConnectAsync(provider, cancellationToken))
            : services.AddSingleton(local);
    }

    private static async Task<ICaptionModel> ConnectAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        var model = RemoteCaptionModel.Create(provider.GetRequiredService<RemoteModelOptions>(), provider.GetRequiredService<ILoggerFactory>());
        try
        {
            await model.CheckAsync(cancellationToken);
            return model;
        }
        catch
        {
            await model.DisposeAsync();
            throw;
        }
    }

    private static HealthCheckRegistration Check(string name, string path, Func<WorkerPhase, bool> isHealthy) =>
        new(name, provider => new PhaseCheck(provider.GetRequiredService<WorkerState>(), isHealthy), failureStatus: null, [path]);

    private sealed class PhaseCheck(WorkerState state, Func<WorkerPhase, bool> isHealthy) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var phase = state.Phase;
            return Task.FromResult(isHealthy(phase) ? HealthCheckResult.Healthy(phase.ToString()) : HealthCheckResult.Unhealthy(state.Failure ?? phase.ToString()));
        }
    }
}
