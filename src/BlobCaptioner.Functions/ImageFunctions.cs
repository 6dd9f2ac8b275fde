using Azure.Storage.Blobs;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Profiles;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Functions;

/// <summary>A picture was dropped: takes it in. Two wirings of one trigger, of which an app has one (<see cref="ImageTriggerSettings"/>).</summary>
public sealed partial class ImageFunctions(ImageIntake intake, Profile profile, ILogger<ImageFunctions> logger)
{
    /// <summary>Called by Event Grid.</summary>
    [Function(ImageTriggerSettings.EventGridFunction)]
    public Task IngestFromEventGridAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.EventGrid)] BlobClient image,
        CancellationToken cancellationToken) => IngestAsync(image.Name, cancellationToken);

    /// <summary>Called by the host that polls.</summary>
    [Function(ImageTriggerSettings.PollingFunction)]
    public Task IngestByPollingAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.LogsAndContainerScan)] BlobClient image,
        CancellationToken cancellationToken) => IngestAsync(image.Name, cancellationToken);

    private async Task IngestAsync(string name, CancellationToken cancellationToken)
    {
        var outcome = await intake.IngestAsync(name, profile, cancellationToken);
        if (outcome.Error is { } error)
        {
            TakenInWithError(name, outcome.Result, error.Code, error.Message);
        }
        else if (outcome.Result != IntakeResult.NotAnImage)
        {
            TakenIn(name, outcome.Result);
        }
    }

    [LoggerMessage(100, LogLevel.Information, "'{Name}': {Result}")]
    private partial void TakenIn(string name, IntakeResult result);

    [LoggerMessage(101, LogLevel.Warning, "'{Name}': {Result}. {Code}: {Reason}")]
    private partial void TakenInWithError(string name, IntakeResult result, string code, string reason);
}
