using BlobCaptioner.GpuWorker;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Options;

const string SelfTestOption = "--self-test";
const int Port = 8080;

if (args.Except([SelfTestOption], StringComparer.Ordinal).Any(a => !a.Contains('=', StringComparison.Ordinal)))
{
    Console.Error.WriteLine($"Usage: captioner-gpu-worker [{SelfTestOption}] [Section:Setting=value ...]");
    return 2;
}

try
{
    var builder = WebApplication.CreateSlimBuilder([.. args.Where(a => a != SelfTestOption)]);
    if (args.Contains(SelfTestOption))
    {
        // The engine logs what it computes on.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("BlobCaptioner.Engine", LogLevel.Information);
        builder.Services.AddCaptionModel(builder.Configuration, LLamaSharpModel.Factory);
        await using var test = builder.Build();
        test.Services.CheckSettings();
        return await SelfTest.RunAsync(
            test.Services.GetRequiredService<CaptionModelFactory>(),
            test.Services.GetRequiredService<ImagePreparer>(),
            test.Services.GetRequiredService<Profile>(),
            TimeProvider.System,
            Console.Out,
            CancellationToken.None);
    }

    if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null)
    {
        builder.WebHost.UseUrls($"http://*:{Port}");
    }

    // Otherwise each probe and scrape would be logged.
    builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
    builder.Services.AddCaptionWorker(builder.Configuration, LLamaSharpModel.Factory);
    builder.Services.AddCaptionerTelemetry(builder.Configuration, "captioner-gpu-worker", prometheus: true);
    await using var app = builder.Build();
    app.Services.CheckSettings();
    app.MapCaptionerHealth();
    app.MapCaptionerMetrics();

    // Resolved before the run, which disposes of the services at its end.
    var state = app.Services.GetRequiredService<WorkerState>();
    await app.RunAsync();
    return state.ExitCode;
}
catch (Exception error) when (error is SettingsException or OptionsValidationException or ArgumentException)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
