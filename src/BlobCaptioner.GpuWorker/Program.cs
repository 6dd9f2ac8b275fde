using BlobCaptioner.GpuWorker;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Hosting.Worker;
using Microsoft.Extensions.Options;

const int Port = 8080;

if (args.Except([SelfTest.Option], StringComparer.Ordinal).Any(a => !a.Contains('=', StringComparison.Ordinal)))
{
    Console.Error.WriteLine($"Usage: captioner-gpu-worker [{SelfTest.Option}] [Section:Setting=value ...]");
    return 2;
}

try
{
    if (args.Contains(SelfTest.Option))
    {
        return await SelfTest.RunAsync(args, LLamaSharpModel.Factory);
    }

    var builder = WebApplication.CreateSlimBuilder(args);
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
