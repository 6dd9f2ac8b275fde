using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>
/// Registers what the hosts share. Settings are read and checked at once, so a host with a wrong one does not start. Each call may be repeated.
/// An <see cref="Action{T}"/> of <see cref="PipelineEvent"/> in the services is told of every step.
/// </summary>
public static class CaptionServices
{
    /// <summary>Registers <see cref="CaptionStorage"/>, <see cref="StorageOptions"/> and the clock.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionStorage(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(s => s.ServiceType == typeof(CaptionStorage)))
        {
            return services;
        }

        var storage = StorageConnection.Connect(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(storage.Options);
        services.AddSingleton(storage);
        return services;
    }

    /// <summary>Registers <see cref="ImagePreparer"/> and <see cref="ImageOptions"/>.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(SettingsReader.Read<ImageOptions>(configuration, ImageOptions.Section));
        services.TryAddSingleton(provider => new ImagePreparer(provider.GetRequiredService<ImageOptions>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Registers the intake of images (<see cref="ImageIntake"/>, <see cref="Sweep"/>) and the <see cref="Profile"/> for which they are taken in.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionIntake(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCaptionStorage(configuration).AddCaptionImages(configuration);
        services.TryAddSingleton(SettingsReader.Read<CaptioningSettings>(configuration, CaptioningSettings.Section).FindProfile());
        services.TryAddSingleton(provider => new ImageIntake(
            provider.GetRequiredService<CaptionStorage>(),
            provider.GetRequiredService<ImagePreparer>(),
            options: null,
            provider.GetRequiredService<TimeProvider>(),
            PipelineEvents(provider)));
        services.TryAddSingleton<Sweep>();
        return services;
    }

    /// <summary>
    /// Registers what a function app needs: the intake, <see cref="ContinuedSweep"/>, <see cref="PoisonMarker"/>, <see cref="SweepSettings"/> and
    /// <see cref="ImageTriggerSettings"/>. Containers and queues that are missing are created at start where the connection has the account's key.
    /// </summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionFunctions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCaptionIntake(configuration);
        services.TryAddSingleton(SettingsReader.Read<SweepSettings>(configuration, SweepSettings.Section));
        services.TryAddSingleton(SettingsReader.Read<ImageTriggerSettings>(configuration, ImageTriggerSettings.Section));
        services.TryAddSingleton(provider => new ContinuedSweep(provider.GetRequiredService<ImageIntake>()));
        services.TryAddSingleton<PoisonMarker>();
        services.AddHostedService<StorageSetup>();
        return services;
    }

    /// <summary>Registers what a <see cref="CaptionQueueLoop"/> needs: storage, images, and <see cref="QueueLoopOptions"/>.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static IServiceCollection AddCaptionQueue(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCaptionStorage(configuration).AddCaptionImages(configuration);
        services.TryAddSingleton(SettingsReader.Read<QueueLoopOptions>(configuration, SettingNames.Queue));
        return services;
    }

    /// <summary>All registered listeners as one; null where there is none.</summary>
    public static Action<PipelineEvent>? PipelineEvents(IServiceProvider provider)
    {
        Action<PipelineEvent>? all = null;
        foreach (var one in provider.GetServices<Action<PipelineEvent>>())
        {
            all += one;
        }

        return all;
    }
}
