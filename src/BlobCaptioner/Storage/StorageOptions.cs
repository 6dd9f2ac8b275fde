using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Storage;

/// <summary>Names in the storage account, and how often a request is repeated; configuration section <c>Storage</c>.</summary>
public sealed record StorageOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Storage";

    /// <summary>The user's container.</summary>
    /// <value>3 to 63 characters, default <c>images</c>.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string ImagesContainer { get; init; } = "images";

    /// <summary>
    /// This project's container: prepared images, tickets and the sweep's place. A lifecycle rule may delete prepared images after 7 days, and nothing else: their names
    /// begin with a hex digit, all others with <c>_</c>.
    /// </summary>
    /// <value>3 to 63 characters, default <c>prepared</c>.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string PreparedContainer { get; init; } = "prepared";

    /// <summary>The queue of caption jobs.</summary>
    /// <value>3 to 63 characters, default <c>captions</c>.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string CaptionsQueue { get; init; } = "captions";

    /// <summary>The queue where a function app puts images whose intake failed, for a later attempt.</summary>
    /// <value>3 to 63 characters, default <c>captions-intake</c>.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string IntakeQueue { get; init; } = "captions-intake";

    /// <summary>The queue for messages that were given up or can't be read.</summary>
    /// <value>3 to 63 characters, default <c>captions-poison</c>, the name that Azure Functions uses too.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string PoisonQueue { get; init; } = "captions-poison";

    /// <summary>The queue where a function app puts poison messages that belong to no record. Only people read it.</summary>
    /// <value>3 to 63 characters, default <c>captions-kept</c>.</value>
    [Required, StringLength(63, MinimumLength = 3)]
    public string KeptQueue { get; init; } = "captions-kept";

    /// <summary>How often the SDK repeats one failed request. Longer outages are waited out by <see cref="OutageTolerance"/>.</summary>
    /// <value>0 to 10, default 3.</value>
    [Range(0, 10)]
    public int MaxRetries { get; init; } = 3;

    /// <summary>Wait before the first repetition; it doubles with each.</summary>
    /// <value>0 to 1 h, default 0.2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>Longest wait between two repetitions.</summary>
    /// <value>0 to 1 day, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request may stay without an answer.</summary>
    /// <value>100 ms to 1 day, default 20 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long storage may answer 408, 429 or 5xx, time out or cut connections before the job in hand is handed back. Until then the request is repeated, the job's lease is
    /// renewed, and no try is counted.
    /// </summary>
    /// <value>0 (not at all) to 30 days, default 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan OutageTolerance { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>Checks <see cref="StorageOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
