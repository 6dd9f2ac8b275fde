using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace BlobCaptioner.Hosting.Describe;

/// <summary>Registers the describing half of a function app.</summary>
public static class DescribeServices
{
    /// <summary>Registers <see cref="DescribeService"/> and its model where <see cref="DescribeOptions.Enabled"/> is set; otherwise does nothing.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="local">Makes the factory of the model in this process; null where the app was built without an engine, and so needs a model server.</param>
    /// <exception cref="SettingsException">There is neither an engine nor a server.</exception>
    public static IServiceCollection AddCaptionDescribe(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, CaptionModelFactory>? local)
    {
        if (!CaptionServices.Describes(configuration))
        {
            return services;
        }

        if (local is null && !configuration.GetSection(RemoteModelOptions.Section).Exists())
        {
            throw new SettingsException(
                $"'{DescribeOptions.Section}__{nameof(DescribeOptions.Enabled)}' is true, but this app was built without llama.cpp (Backend=None). "
                + $"Build it with -p:Backend=Cpu or -p:Backend=Cuda12, or set '{RemoteModelOptions.Section}__{nameof(RemoteModelOptions.Endpoint)}' to a model server.");
        }

        // Without an engine the factory is never asked for: the section Remote comes first.
        return services.AddCaptionQueue(configuration)
            .AddCaptionModel(configuration, local ?? (_ => _ => throw new InvalidOperationException("There is no engine in this app.")))
            .AddSettings<DescribeOptions, DescribeOptionsValidator>(configuration, DescribeOptions.Section)
            .AddSingleton<DescribeService>()
            .AddHostedService(provider => provider.GetRequiredService<DescribeService>());
    }
}
