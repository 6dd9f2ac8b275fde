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
/// Registers what the hosts share. Settings are checked when the host starts (<see cref="SettingsBinding.CheckSettings"/>). Each call may be repeated.
/// An <see cref="Action{T}"/> of <see cref="PipelineEvent"/> in the services is called for each event; it must be thread-safe.
/// </summary>
public static class CaptionServices
{
    /// <summary>Registers <see cref="CaptionStorage"/>, <see cref="StorageOptions"/>, <see cref="SpendCap"/> and the clock.</summary>
    public static IServiceCollection AddCaptionStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        if (services.Any(s => s.ServiceType == typeof(CaptionStorage)))
        {
            return services;
        }

        return services
            .AddSettings<StorageOptions, StorageOptionsValidator>(configuration, StorageOptions.Section, options => StorageConnection.Connect(configuration, options))
            .AddSettings<BudgetOptions, BudgetOptionsValidator>(configuration, BudgetOptions.Section)
            .AddSingleton(provider => StorageConnection.Connect(configuration, provider.GetRequiredService<StorageOptions>()))
            .AddSingleton(provider => new SpendCap(
                provider.GetRequiredService<CaptionStorage>(), provider.GetRequiredService<BudgetOptions>(), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Registers <see cref="ImagePreparer"/> and <see cref="ImageOptions"/>.</summary>
    public static IServiceCollection AddCaptionImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ImageOptions, ImageOptionsValidator>(configuration, ImageOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ImagePreparer(provider.GetRequiredService<ImageOptions>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Registers the intake of images (<see cref="ImageIntake"/>, <see cref="Sweep"/>) and the <see cref="Profile"/> for which they are taken in.</summary>
    public static IServiceCollection AddCaptionIntake(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCaptionStorage(configuration).AddCaptionImages(configuration).AddCaptionProfile(configuration);
        services.TryAddSingleton(provider => new ImageIntake(
            provider.GetRequiredService<CaptionStorage>(),
            provider.GetRequiredService<ImagePreparer>(),
            options: null,
            provider.GetRequiredService<TimeProvider>(),
            PipelineEvents(provider),
            cap: provider.GetRequiredService<SpendCap>()));
        services.TryAddSingleton<Sweep>();
        return services;
    }

    /// <summary>
    /// Registers what a function app needs: <see cref="FunctionSelection"/> with its options and, unless the app only describes, the intake, <see cref="IntakeRetry"/>,
    /// <see cref="ContinuedSweep"/>, <see cref="PoisonMarker"/> and <see cref="SweepOptions"/>. Missing containers and queues are created at start where the connection has
    /// the account's key.
    /// </summary>
    public static IServiceCollection AddCaptionFunctions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCaptionStorage(configuration)
            .AddSettings<DescribeOptions, DescribeOptionsValidator>(configuration, DescribeOptions.Section)
            .AddSettings<ImageTriggerOptions, ImageTriggerOptionsValidator>(
                configuration, ImageTriggerOptions.Section, trigger => CheckHasFunctions(trigger, configuration));
        services.TryAddSingleton<FunctionSelection>();
        if (!IsNone(configuration))
        {
            services.AddCaptionIntake(configuration)
                .AddSettings<SweepOptions, SweepOptionsValidator>(configuration, SweepOptions.Section)
                .AddSettings<IntakeRetryOptions, IntakeRetryOptionsValidator>(configuration, IntakeRetryOptions.Section);
            services.TryAddSingleton<ContinuedSweep>();
            services.TryAddSingleton<IntakeRetry>();
            services.TryAddSingleton<PoisonMarker>();
        }

        return services.AddHostedService<StorageSetup>();
    }

    /// <summary>Registers what a <see cref="CaptionQueueLoop"/> needs: storage, images, <see cref="QueueLoopOptions"/>, and <see cref="QueueSetup"/> for a host that has a profile.</summary>
    public static IServiceCollection AddCaptionQueue(this IServiceCollection services, IConfiguration configuration) =>
        services.AddCaptionStorage(configuration).AddCaptionImages(configuration)
            .AddSettings<QueueLoopOptions, QueueLoopOptionsValidator>(configuration, QueueLoopOptions.Section)
            .AddSingleton(provider => new QueueSetup
            {
                Queue = provider.GetRequiredService<QueueLoopOptions>(),
                Profile = provider.GetRequiredService<Profile>(),
                Cap = provider.GetRequiredService<SpendCap>(),
                OnEvent = PipelineEvents(provider),
            });

    /// <summary>The day's budget by a host's settings.</summary>
    /// <exception cref="SettingsException">A setting is unknown, of the wrong type or out of its range.</exception>
    public static SpendCap ReadSpendCap(IConfiguration configuration, CaptionStorage storage, TimeProvider time) =>
        new(storage, SettingsBinding.Read<BudgetOptions, BudgetOptionsValidator>(configuration, BudgetOptions.Section), time);

    /// <summary>All registered listeners as one; null where there is none.</summary>
    public static Action<PipelineEvent>? PipelineEvents(IServiceProvider provider) =>
        (Action<PipelineEvent>?)Delegate.Combine([.. provider.GetServices<Action<PipelineEvent>>()]);

    /// <summary>True where the app is to have the function <c>Describe</c>. A value that is neither true nor false is told by the options' own check.</summary>
    internal static bool Describes(IConfiguration configuration) =>
        bool.TryParse(configuration.GetSection(DescribeOptions.Section)[nameof(DescribeOptions.Enabled)], out var enabled) && enabled;

    private static bool IsNone(IConfiguration configuration) => nameof(ImageTriggerSource.None).Equals(
        configuration.GetSection(ImageTriggerOptions.Section)[nameof(ImageTriggerOptions.Source)], StringComparison.OrdinalIgnoreCase);

    private static void CheckHasFunctions(ImageTriggerOptions trigger, IConfiguration configuration)
    {
        if (trigger.Source == ImageTriggerSource.None && !Describes(configuration))
        {
            throw new SettingsException(
                $"'{ImageTriggerOptions.Section}__{nameof(ImageTriggerOptions.Source)}' is None and '{DescribeOptions.Section}__{nameof(DescribeOptions.Enabled)}' is not true: "
                + "the app would have no function. Set the first to EventGrid or Polling, or the second to true.");
        }
    }

    internal static IServiceCollection AddCaptionProfile(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<CaptioningOptions, CaptioningOptionsValidator>(configuration, CaptioningOptions.Section, options => options.FindProfile());
        services.TryAddSingleton(provider => provider.GetRequiredService<CaptioningOptions>().FindProfile());
        return services;
    }
}
