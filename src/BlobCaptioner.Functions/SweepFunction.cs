using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Functions;

/// <summary>The guarantee behind a trigger that may miss an event: reads the listing and takes in what has no record or one that is out of date.</summary>
public sealed partial class SweepFunction(ContinuedSweep sweep, SweepSettings settings, Profile profile, ILogger<SweepFunction> logger)
{
    /// <summary>Goes on where the last one stopped, for as long as the settings say.</summary>
    [Function("Sweep")]
    public async Task SweepAsync([TimerTrigger("%Sweep:Schedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var (end, found) = await sweep.RunAsync(new() { Profile = profile, Parallelism = settings.Parallelism }, settings.MaxDuration, cancellationToken);
        Swept(end, found.Listed, found.Enqueued, found.Products, found.Rejected, found.Errors);
    }

    [LoggerMessage(110, LogLevel.Information, "Sweep {End}: {Listed} images, {Enqueued} enqueued, {Products} products enqueued, {Rejected} rejected, {Errors} errors")]
    private partial void Swept(SweepEnd end, long listed, long enqueued, long products, long rejected, long errors);
}
