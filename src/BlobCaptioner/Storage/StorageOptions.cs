using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Storage;

/// <summary>Names in the storage account, and how hard a single request is tried.</summary>
public sealed record StorageOptions
{
    /// <summary>The user's container. Default <c>images</c>.</summary>
    [Required, StringLength(63, MinimumLength = 3)]
    public string ImagesContainer { get; init; } = "images";

    /// <summary>Our own container: prepared images and job claims. Default <c>prepared</c>; a lifecycle rule may empty it after 7 days.</summary>
    [Required, StringLength(63, MinimumLength = 3)]
    public string PreparedContainer { get; init; } = "prepared";

    /// <summary>The queue of caption jobs. Default <c>captions</c>.</summary>
    [Required, StringLength(63, MinimumLength = 3)]
    public string CaptionsQueue { get; init; } = "captions";

    /// <summary>Where messages go that were given up or can't be read. Default <c>captions-poison</c>, the name that Azure Functions uses too.</summary>
    [Required, StringLength(63, MinimumLength = 3)]
    public string PoisonQueue { get; init; } = "captions-poison";

    /// <summary>
    /// Where a function app, which empties poison queues, puts what it can make no record of. Default <c>captions-kept</c>. Nothing reads it but people.
    /// </summary>
    [Required, StringLength(63, MinimumLength = 3)]
    public string KeptQueue { get; init; } = "captions-kept";

    /// <summary>How often the SDK repeats one failed request. Range 0 to 10, default 3. Longer outages are waited out by <see cref="OutageTolerance"/>.</summary>
    [Range(0, 10)]
    public int MaxRetries { get; init; } = 3;

    /// <summary>Wait before the first repetition; doubles with each. Default 0.2 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>Longest wait between two repetitions. Default 5 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request may stay without an answer. Default 20 s.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long storage may answer 408, 429 or 5xx, time out or cut connections before the work in hand is given back. Default 10 minutes.
    /// Until then it is repeated while its lease is renewed, and costs no try.
    /// </summary>
    public TimeSpan OutageTolerance { get; init; } = TimeSpan.FromMinutes(10);
}
