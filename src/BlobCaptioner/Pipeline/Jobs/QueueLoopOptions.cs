using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>How a worker takes jobs from the queue.</summary>
public sealed record QueueLoopOptions
{
    /// <summary>Pictures that the model works on at once. Range 1 to 1024; null, the default, takes the model's own concurrency.</summary>
    [Range(1, 1024)]
    public int? Slots { get; init; }

    /// <summary>
    /// Jobs taken beyond the slots, whose pictures are loaded and whose records are written while others are described.
    /// Range 0 to 1024; null, the default, takes as many as there are slots, and four more.
    /// </summary>
    [Range(0, 1024)]
    public int? Prefetch { get; init; }

    /// <summary>Pictures given to the model beyond its slots, so that it can encode the next one while it writes. Range 0 to 64, default 2.</summary>
    [Range(0, 64)]
    public int Lookahead { get; init; } = 2;

    /// <summary>
    /// How long a job belongs to its worker without a sign of life; renewed at half of it. Range 1 s to 1 hour, default 60 s.
    /// A killed worker's jobs go on elsewhere after it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a picture is begun before it is given up. Range 1 to 100, default 5.</summary>
    [Range(1, 100)]
    public int MaxTries { get; init; } = 5;

    /// <summary>Wait before the second try; doubles with each, jittered by a quarter up and down. Default 5 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait between two tries. Default 5 minutes.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Wait after the first look into an empty queue; doubles with each. Default 100 ms.</summary>
    public TimeSpan MinPoll { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait between two looks into an empty queue. Default 3 s.</summary>
    public TimeSpan MaxPoll { get; init; } = TimeSpan.FromSeconds(3);
}
