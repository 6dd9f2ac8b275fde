using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>What a run does.</summary>
internal sealed record CaptionRunOptions
{
    /// <summary>What to write about the pictures that sweeps find.</summary>
    public required Profile Profile { get; init; }

    /// <summary>How the queue is worked.</summary>
    public required QueueLoopOptions Loop { get; init; }

    /// <summary>True looks for new pictures too; false works on the queue alone.</summary>
    public required bool Sweeps { get; init; }

    /// <summary>True ends when nothing is left to do.</summary>
    public required bool Once { get; init; }

    /// <summary>Shortest time between two sweeps (<see cref="ListingPace"/>). Default 2 s.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(2);
}
