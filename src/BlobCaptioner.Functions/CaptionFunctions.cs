using Azure.Storage.Blobs;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Functions;

/// <summary>The app's triggers. Each translates its event and delegates.</summary>
public sealed partial class CaptionFunctions(
    ImageIntake intake, PoisonMarker marker, ContinuedSweep sweep, SweepOptions options, Profile profile, ILogger<CaptionFunctions> logger)
{
    /// <summary>Takes in an image that Event Grid announces. An app has this function or <see cref="IngestByPollingAsync"/> (<see cref="ImageTriggerOptions"/>).</summary>
    [Function(ImageTriggerOptions.EventGridFunction)]
    public Task IngestFromEventGridAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.EventGrid)] BlobClient image,
        CancellationToken cancellationToken) => IngestAsync(image.Name, cancellationToken);

    /// <summary>Takes in an image that the polling host found.</summary>
    [Function(ImageTriggerOptions.PollingFunction)]
    public Task IngestByPollingAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.LogsAndContainerScan)] BlobClient image,
        CancellationToken cancellationToken) => IngestAsync(image.Name, cancellationToken);

    /// <summary>Takes in images without an up-to-date record, for events that a trigger missed. Goes on where the last run stopped.</summary>
    [Function("Sweep")]
    public async Task SweepAsync([TimerTrigger("%Sweep:Schedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var (end, found) = await sweep.RunAsync(new() { Profile = profile, Parallelism = options.Parallelism }, options.MaxDuration, cancellationToken);
        Swept(end, found.Listed, found.Enqueued, found.Products, found.Rejected, found.Errors);
    }

    /// <summary>Writes a <c>failed</c> record for a job that a worker gave up.</summary>
    [Function("MarkPoisonJob")]
    public async Task MarkJobAsync([QueueTrigger("%Storage:PoisonQueue%", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Log(await marker.MarkJobAsync(message.ToString(), cancellationToken));

    /// <summary>Writes a <c>failed</c> record for an image that the blob trigger gave up; the queue's name is the platform's.</summary>
    [Function("MarkPoisonImage")]
    public async Task MarkImageAsync([QueueTrigger("webjobs-blobtrigger-poison", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Log(await marker.MarkImageAsync(message.ToString(), profile, cancellationToken));

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

    private void Log(PoisonOutcome outcome) => Marked(outcome.Name ?? "an unknown image", outcome.Result, outcome.Reason);

    [LoggerMessage(100, LogLevel.Information, "'{Name}': {Result}")]
    private partial void TakenIn(string name, IntakeResult result);

    [LoggerMessage(101, LogLevel.Warning, "'{Name}': {Result}. {Code}: {Reason}")]
    private partial void TakenInWithError(string name, IntakeResult result, string code, string reason);

    [LoggerMessage(110, LogLevel.Information, "Sweep {End}: {Listed} images, {Enqueued} enqueued, {Products} products enqueued, {Rejected} rejected, {Errors} errors")]
    private partial void Swept(SweepEnd end, long listed, long enqueued, long products, long rejected, long errors);

    [LoggerMessage(120, LogLevel.Error, "Poison message of {Name}: {Result}. {Reason}")]
    private partial void Marked(string name, PoisonResult result, string reason);
}

/// <summary>Shows the platform only one wiring of the blob trigger, so that the two never run together.</summary>
internal sealed class OneImageTrigger(ImageTriggerOptions options) : IFunctionMetadataTransformer
{
    /// <inheritdoc/>
    public string Name => nameof(OneImageTrigger);

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var hidden in original.Where(f => f.Name is { } function && !options.Includes(function)).ToList())
        {
            original.Remove(hidden);
        }
    }
}
