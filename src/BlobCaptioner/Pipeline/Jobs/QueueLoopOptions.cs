using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>How a worker takes jobs from the queue; configuration section <c>Queue</c>.</summary>
public sealed record QueueLoopOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Queue";

    /// <summary>Images that the model works on at once.</summary>
    /// <value>1 to 1024; null (default) for the model's own concurrency.</value>
    [Range(1, 1024)]
    public int? Slots { get; init; }

    /// <summary>Jobs taken beyond the slots: their images are loaded and their records written while others are described.</summary>
    /// <value>0 to 1024; null (default) for four more than there are slots.</value>
    [Range(0, 1024)]
    public int? Prefetch { get; init; }

    /// <summary>Images given to the model beyond its slots, so that it can encode the next one while it writes.</summary>
    /// <value>0 to 64, default 2.</value>
    [Range(0, 64)]
    public int Lookahead { get; init; } = 2;

    /// <summary>How long a job belongs to its worker after each renewal; renewed at half of it. A killed worker's jobs go on elsewhere after it.</summary>
    /// <value>1 s to 1 h, default 60 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often an image is begun before it is given up.</summary>
    /// <value>1 to 100, default 5.</value>
    [Range(1, 100)]
    public int MaxTries { get; init; } = 5;

    /// <summary>How long the model may take for one image. Then the try has failed, and the image's place is free for others.</summary>
    /// <value>1 s to 1 day, default 15 min. In a function app stay below <c>functionTimeout</c> in host.json.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ModelTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Wait before the second try; it doubles with each, jittered by a quarter up and down.</summary>
    /// <value>0 (at once) to 7 days, the longest that a queue hides a message; default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait between two tries.</summary>
    /// <value>0 to 7 days, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Wait after the first poll of an empty queue; it doubles with each.</summary>
    /// <value>1 ms to 1 day, default 100 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan MinPoll { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait between two polls of an empty queue.</summary>
    /// <value>1 ms to 1 day, default 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan MaxPoll { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>Checks <see cref="QueueLoopOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class QueueLoopOptionsValidator : IValidateOptions<QueueLoopOptions>;
