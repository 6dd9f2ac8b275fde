using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>How often and when a failed intake is tried again; configuration section <c>IntakeRetry</c>.</summary>
public sealed record IntakeRetryOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "IntakeRetry";

    /// <summary>Attempts after the event's own, before the image gets a <c>failed</c> record.</summary>
    /// <value>1 to 100, default 12: with the default waits some three and a half hours.</value>
    [Range(1, 100)]
    public int MaxAttempts { get; init; } = 12;

    /// <summary>Wait before the first attempt; it doubles with each, jittered by a quarter up and down.</summary>
    /// <value>0 to 1 day, default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait between two attempts.</summary>
    /// <value>0 to 1 day, default 30 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(30);
}

/// <summary>Checks <see cref="IntakeRetryOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class IntakeRetryOptionsValidator : IValidateOptions<IntakeRetryOptions>;
