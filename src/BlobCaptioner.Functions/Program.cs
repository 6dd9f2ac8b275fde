using BlobCaptioner.Functions;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
try
{
    // The defaults tell the host that this process sends its own telemetry, so that nothing is sent twice.
    builder.Services.AddCaptionFunctions(builder.Configuration)
        .AddCaptionerTelemetry(builder.Configuration, "captioner-functions", platform: telemetry => telemetry.UseFunctionsWorkerDefaults());
}
catch (Exception error) when (error is SettingsException or ArgumentException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}

builder.Services.AddSingleton<IFunctionMetadataTransformer, OneImageTrigger>();
await builder.Build().RunAsync();
return 0;
