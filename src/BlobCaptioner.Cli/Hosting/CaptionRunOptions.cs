using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>What a run does.</summary>
internal sealed record CaptionRunOptions
{
    /// <summary>What to write about the images that sweeps find.</summary>
    /// <value>Required.</value>
    [Required]
    public required Profile Profile { get; init; }

    /// <summary>How the queue is worked.</summary>
    /// <value>Required.</value>
    [Required]
    [ValidateObjectMembers(typeof(QueueLoopOptionsValidator))]
    public required QueueLoopOptions Loop { get; init; }

    /// <summary>True looks for new images too; false works on the queue alone.</summary>
    /// <value>Required.</value>
    public required bool Sweeps { get; init; }

    /// <summary>True ends when nothing is left to do.</summary>
    /// <value>Required.</value>
    public required bool Once { get; init; }

    /// <summary>Shortest time between two sweeps (<see cref="ListingPace"/>).</summary>
    /// <value>10 ms to 1 day, default 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Checks <see cref="CaptionRunOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
internal sealed partial class CaptionRunOptionsValidator : IValidateOptions<CaptionRunOptions>;
