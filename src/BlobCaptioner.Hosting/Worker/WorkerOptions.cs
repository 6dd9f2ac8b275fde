using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>How a worker ends; configuration section <c>Worker</c>.</summary>
public sealed record WorkerOptions : IValidatableObject
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Worker";

    /// <summary>The time between SIGTERM and the platform's SIGKILL (<c>terminationGracePeriodSeconds</c>): set both to the same. Running jobs may finish in it.</summary>
    /// <value>1 s to 1 h, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The last part of <see cref="ShutdownGrace"/>: jobs that still run then are aborted and handed back to the queue.</summary>
    /// <value>100 ms to 10 min and shorter than <see cref="ShutdownGrace"/>, default 15 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HandBackTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (HandBackTime >= ShutdownGrace)
        {
            yield return new($"It must be shorter than {nameof(ShutdownGrace)}, {ShutdownGrace}: otherwise no running job could finish.", [nameof(HandBackTime)]);
        }
    }
}

/// <summary>Checks <see cref="WorkerOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class WorkerOptionsValidator : IValidateOptions<WorkerOptions>;
