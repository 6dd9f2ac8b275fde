using Azure.Storage.Blobs;
using Azure.Storage.Queues.Models;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using Microsoft.Azure.Functions.Worker;

namespace BlobCaptioner.Functions;

/// <summary>The intake's triggers. Each translates its event and delegates.</summary>
public sealed partial class CaptionFunctions(
    IntakeRetry intake, PoisonMarker marker, ContinuedSweep sweep, SweepOptions options, Profile profile, ILogger<CaptionFunctions> logger)
{
    /// <summary>Takes in an image that Event Grid announces. An app has this function or <see cref="IngestByPollingAsync"/> (<see cref="ImageTriggerOptions"/>).</summary>
    [Function(FunctionSelection.EventGrid)]
    public async Task IngestFromEventGridAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.EventGrid)] BlobClient image,
        CancellationToken cancellationToken) => Log(await intake.IngestAsync(image.Name, profile, cancellationToken));

    /// <summary>Takes in an image that the polling host found.</summary>
    [Function(FunctionSelection.Polling)]
    public async Task IngestByPollingAsync(
        [BlobTrigger("%Storage:ImagesContainer%/{name}", Connection = "CaptionStorage", Source = BlobTriggerSource.LogsAndContainerScan)] BlobClient image,
        CancellationToken cancellationToken) => Log(await intake.IngestAsync(image.Name, profile, cancellationToken));

    /// <summary>Takes in an image whose intake has failed before.</summary>
    [Function("RetryIntake")]
    public async Task RetryIntakeAsync(
        [QueueTrigger("%Storage:IntakeQueue%", Connection = "CaptionStorage")] QueueMessage message, CancellationToken cancellationToken) =>
        Log(await intake.RetryAsync(message.Body.ToString(), message.DequeueCount, profile, cancellationToken));

    /// <summary>Takes in images without an up-to-date record, for events that a trigger missed. Goes on where the last run stopped.</summary>
    [Function("Sweep")]
    public async Task SweepAsync([TimerTrigger("%Sweep:Schedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var request = new SweepRequest { Profile = profile, Parallelism = options.Parallelism, Rounds = new(options.RetryAfter, options.MaxRetryRounds) };
        var (end, found) = await sweep.RunAsync(request, options.MaxDuration, cancellationToken);
        Swept(end, found.Listed, found.Enqueued, found.Products, found.Rejected, found.Errors);
    }

    /// <summary>Writes a <c>failed</c> record for a job that a worker gave up.</summary>
    [Function("MarkPoisonJob")]
    public async Task MarkJobAsync([QueueTrigger("%Storage:PoisonQueue%", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Log(await marker.MarkJobAsync(message.ToString(), cancellationToken));

    /// <summary>Has an image that the blob trigger gave up taken in later; the queue's name is the platform's.</summary>
    [Function("MarkPoisonImage")]
    public async Task MarkImageAsync([QueueTrigger("webjobs-blobtrigger-poison", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Log(await marker.MarkImageAsync(message.ToString(), intake, cancellationToken));

    private void Log(IntakeAttempt attempt)
    {
        switch (attempt)
        {
            case { Problem: { } problem, Delay: { } delay }:
                Postponed(problem, attempt.Name, attempt.Number, delay);
                break;
            case { Problem: { } problem }:
                GivenUp(problem, attempt.Name, attempt.Number, problem.Message);
                break;
            case { Outcome.Error: { } error }:
                TakenInWithError(attempt.Name, attempt.Outcome.Result, error.Code, error.Message);
                break;
            case { Outcome.Result: not IntakeResult.NotAnImage and var result }:
                TakenIn(attempt.Name, result);
                break;
        }
    }

    private void Log(PoisonOutcome outcome) => Marked(outcome.Name ?? "an unknown image", outcome.Result, outcome.Reason);

    [LoggerMessage(100, LogLevel.Information, "'{Name}': {Result}")]
    private partial void TakenIn(string name, IntakeResult result);

    [LoggerMessage(101, LogLevel.Warning, "'{Name}': {Result}. {Code}: {Reason}")]
    private partial void TakenInWithError(string name, IntakeResult result, string code, string reason);

    [LoggerMessage(102, LogLevel.Warning, "'{Name}': attempt {Number} to take it in failed; the next one follows in {Delay}")]
    private partial void Postponed(Exception problem, string name, int number, TimeSpan delay);

    [LoggerMessage(103, LogLevel.Error, "'{Name}' was given up after attempt {Number}: {Reason}")]
    private partial void GivenUp(Exception problem, string name, int number, string reason);

    [LoggerMessage(110, LogLevel.Information, "Sweep {End}: {Listed} images, {Enqueued} enqueued, {Products} products enqueued, {Rejected} rejected, {Errors} errors")]
    private partial void Swept(SweepEnd end, long listed, long enqueued, long products, long rejected, long errors);

    [LoggerMessage(120, LogLevel.Error, "Poison message of {Name}: {Result}. {Reason}")]
    private partial void Marked(string name, PoisonResult result, string reason);
}
