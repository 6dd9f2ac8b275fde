using BlobCaptioner.Functions;
using BlobCaptioner.Hosting.Settings;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
try
{
    builder.Services.AddCaptionFunctions(builder.Configuration);
}
catch (SettingsException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}

builder.Services.AddSingleton<IFunctionMetadataTransformer, OneImageTrigger>();
await builder.Build().RunAsync();
return 0;
