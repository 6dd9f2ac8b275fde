using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Functions;

/// <summary>Messages that were given up become <c>failed</c> records; what tells of no image is kept for people.</summary>
public sealed partial class PoisonFunctions(PoisonMarker marker, Profile profile, ILogger<PoisonFunctions> logger)
{
    /// <summary>Jobs that a worker gave up.</summary>
    [Function("MarkPoisonJob")]
    public async Task MarkJobAsync([QueueTrigger("%Storage:PoisonQueue%", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Tell(await marker.MarkJobAsync(message.ToString(), cancellationToken));

    /// <summary>Images whose intake the blob trigger gave up; the queue's name is the platform's.</summary>
    [Function("MarkPoisonImage")]
    public async Task MarkImageAsync([QueueTrigger("webjobs-blobtrigger-poison", Connection = "CaptionStorage")] BinaryData message, CancellationToken cancellationToken) =>
        Tell(await marker.MarkImageAsync(message.ToString(), profile, cancellationToken));

    private void Tell(PoisonOutcome outcome) => Marked(outcome.Name ?? "no known image", outcome.Result, outcome.Reason);

    [LoggerMessage(120, LogLevel.Error, "Poison message of {Name}: {Result}. {Reason}")]
    private partial void Marked(string name, PoisonResult result, string reason);
}
