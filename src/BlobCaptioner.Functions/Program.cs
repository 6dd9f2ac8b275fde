using BlobCaptioner.Functions;
using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
#if ENGINE
using BlobCaptioner.Hosting.Worker;
#endif
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

IHost app;
try
{
#if ENGINE
    if (args.Contains(SelfTest.Option))
    {
        return await SelfTest.RunAsync(args, BlobCaptioner.GpuWorker.LLamaSharpModel.Factory);
    }

#endif
    var builder = FunctionsApplication.CreateBuilder(args);

    // The worker defaults tell the host that this process sends its own telemetry, so that nothing is sent twice.
    builder.Services.AddCaptionFunctions(builder.Configuration)
#if ENGINE
        .AddCaptionDescribe(builder.Configuration, BlobCaptioner.GpuWorker.LLamaSharpModel.Factory)
#else
        .AddCaptionDescribe(builder.Configuration, local: null)
#endif
        .AddCaptionerTelemetry(builder.Configuration, "captioner-functions", platform: telemetry => telemetry.UseFunctionsWorkerDefaults())
        .AddSingleton<IFunctionMetadataTransformer, ChosenFunctions>();
    app = builder.Build();
    app.Services.CheckSettings();
}
catch (Exception error) when (error is SettingsException or OptionsValidationException or ArgumentException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}

await app.RunAsync();
return 0;
