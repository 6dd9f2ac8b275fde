using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Describes the picture that ships inside this assembly: shows that libvips, the model and the hardware work together, and warms them up.</summary>
public static class SelfTest
{
    /// <summary>The argument that asks a host for it.</summary>
    public const string Option = "--self-test";

    private const string Resource = "self-test.jpg";

    /// <summary>Prepares and describes the picture.</summary>
    /// <exception cref="CaptionException">The model could not describe it.</exception>
    public static async Task<Caption> DescribeAsync(ICaptionModel model, ImagePreparer preparer, Profile profile, CancellationToken cancellationToken)
    {
        await using var picture = typeof(SelfTest).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly does not hold '{Resource}'.");
        var outcome = await preparer.PrepareAsync(picture, Resource, picture.Length, profile.ImageTokenBudget, cancellationToken);
        return outcome is PreparationOutcome.Prepared prepared
            ? await model.DescribeAsync(new() { Jpeg = prepared.Jpeg, Name = Resource }, profile, cancellationToken)
            : throw new InvalidOperationException($"The picture '{Resource}' was rejected: {((PreparationOutcome.Rejected)outcome).Message}");
    }

    /// <summary>Loads the model and describes the picture, on another thread, so that the host answers while gigabytes are read.</summary>
    /// <exception cref="CaptionException">The model could not describe it.</exception>
    internal static async Task<ICaptionModel> WarmUpAsync(CaptionModelFactory load, ImagePreparer preparer, Profile profile, CancellationToken cancellationToken)
    {
        var model = await Task.Run(() => load(cancellationToken), cancellationToken);
        try
        {
            await DescribeAsync(model, preparer, profile, cancellationToken);
            return model;
        }
        catch
        {
            await CaptionWorker.DisposeAsync(model);
            throw;
        }
    }

    /// <summary>Does it with the settings of a host, in its place.</summary>
    /// <param name="args">The host's arguments: settings.</param>
    /// <param name="local">Makes the factory of the model in this process.</param>
    /// <returns>The exit code, as that of the other overload.</returns>
    /// <exception cref="SettingsException">Settings are missing or wrong.</exception>
    public static async Task<int> RunAsync(string[] args, Func<IServiceProvider, CaptionModelFactory> local)
    {
        var builder = Host.CreateApplicationBuilder([.. args.Where(a => a != Option)]);

        // The engine logs what it computes on.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("BlobCaptioner.Engine", LogLevel.Information);
        builder.Services.AddCaptionModel(builder.Configuration, local);
        using var host = builder.Build();
        host.Services.CheckSettings();
        return await RunAsync(
            host.Services.GetRequiredService<CaptionModelFactory>(), host.Services.GetRequiredService<ImagePreparer>(), host.Services.GetRequiredService<Profile>(),
            TimeProvider.System, Console.Out, CancellationToken.None);
    }

    /// <summary>Loads the model, describes the picture and prints the result.</summary>
    /// <returns>The exit code: 0 if every text was written, else 1. An attribute may be unknown.</returns>
    public static async Task<int> RunAsync(
        CaptionModelFactory load, ImagePreparer preparer, Profile profile, TimeProvider time, TextWriter output, CancellationToken cancellationToken)
    {
        ICaptionModel? model = null;
        try
        {
            var began = time.GetTimestamp();
            model = await load(cancellationToken);
            var loaded = time.GetElapsedTime(began);
            began = time.GetTimestamp();
            var caption = await DescribeAsync(model, preparer, profile, cancellationToken);
            var info = model.Info;
            await output.WriteLineAsync($"{info.Name} on {info.Engine} ({info.Hash[..Math.Min(12, info.Hash.Length)]})");
            foreach (var field in caption.Fields)
            {
                await output.WriteLineAsync($"  {field.Name}: {field.Value}");
            }

            var took = time.GetElapsedTime(began);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"loaded in {loaded.TotalSeconds:F1} s, described in {took.TotalSeconds:F2} s"));
            var empty = caption.Fields.FirstOrDefault(f => f.Language is not null && string.IsNullOrWhiteSpace(f.Value));
            await output.WriteLineAsync(empty is null ? "self-test passed" : $"self-test failed: the model wrote nothing for '{empty.Name}'");
            return empty is null ? 0 : 1;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"self-test failed: {error.Message}");
            return 1;
        }
        finally
        {
            await CaptionWorker.DisposeAsync(model);
        }
    }
}
