using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Registers a caption worker in a host.</summary>
public static class WorkerServices
{
    private static readonly TimeSpan AfterTheWorker = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Registers the worker, its health checks, storage, images and queue. Settings are read and checked at once. A model server serves where the section
    /// <c>Remote</c> is set; else the model of <paramref name="local"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="local">Makes the factory of the model in this process.</param>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionWorker(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, CaptionModelFactory> local)
    {
        var worker = SettingsReader.Read<WorkerOptions>(configuration, WorkerOptions.Section);
        services.AddCaptionQueue(configuration);
        services.AddCaptionModel(configuration, local);
        services.AddSingleton<WorkerState>();
        services.AddSingleton(provider => new WorkerSetup
        {
            Worker = worker,
            Queue = provider.GetRequiredService<QueueLoopOptions>(),
            Profile = provider.GetRequiredService<Profile>(),
            OnEvent = CaptionServices.PipelineEvents(provider),
        });
        services.AddHostedService<CaptionWorker>();

        // The worker keeps to its own grace; the host must not cut it short, and has to stop the rest after it.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = worker.ShutdownGrace + AfterTheWorker);
        services.AddHealthChecks()
            .Add(new HealthCheckRegistration("worker-live", p => Check(p, ready: false), failureStatus: null, [WorkerEndpoints.LiveTag]))
            .Add(new HealthCheckRegistration("worker-ready", p => Check(p, ready: true), failureStatus: null, [WorkerEndpoints.ReadyTag]));
        return services;
    }

    /// <summary>Registers images, the profile, <see cref="ModelOptions"/>, <see cref="EngineOptions"/> and the <see cref="CaptionModelFactory"/>: all that a self-test needs.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionModel(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, CaptionModelFactory> local)
    {
        services.AddCaptionImages(configuration);
        services.AddSingleton(SettingsReader.Read<CaptioningSettings>(configuration, CaptioningSettings.Section).FindProfile());
        services.AddSingleton(SettingsReader.Read<ModelOptions>(configuration, ModelOptions.Section));
        services.AddSingleton(SettingsReader.Read<EngineOptions>(configuration, EngineOptions.Section));
        if (!configuration.GetSection(RemoteModelOptions.Section).Exists())
        {
            return services.AddSingleton(local);
        }

        var remote = SettingsReader.Read<RemoteModelOptions>(configuration, RemoteModelOptions.Section);
        return services.AddSingleton<CaptionModelFactory>(provider => cancellationToken => ConnectAsync(remote, provider, cancellationToken));
    }

    private static async Task<ICaptionModel> ConnectAsync(RemoteModelOptions options, IServiceProvider provider, CancellationToken cancellationToken)
    {
        var model = RemoteCaptionModel.Create(options, provider.GetRequiredService<ILoggerFactory>());
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

    private static WorkerHealthCheck Check(IServiceProvider provider, bool ready) => new(provider.GetRequiredService<WorkerState>(), ready);
}
