using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>How a worker ends; section <c>Worker</c>.</summary>
public sealed record WorkerOptions : IValidatableObject
{
    /// <summary>The section's key.</summary>
    public const string Section = "Worker";

    /// <summary>
    /// The time between SIGTERM and the platform's SIGKILL (<c>terminationGracePeriodSeconds</c>): give the same here. What runs may finish in it.
    /// Range 1 s to 1 hour, default 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The last part of <see cref="ShutdownGrace"/>: what still runs then is broken off and handed back to the queue. Range 100 ms to 10 minutes, default 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HandBackTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (HandBackTime >= ShutdownGrace)
        {
            yield return new(
                $"{Section}:{nameof(HandBackTime)} must be shorter than {Section}:{nameof(ShutdownGrace)} ({ShutdownGrace}), or nothing that runs could finish.",
                [nameof(HandBackTime)]);
        }
    }
}
