using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Records;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>The function app's sweep; configuration section <c>Sweep</c>.</summary>
public sealed record SweepOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Sweep";

    /// <summary>When it runs. The platform reads this setting itself.</summary>
    /// <value>Required: NCRONTAB with six fields, the first for seconds, UTC.</value>
    [Required(ErrorMessage = "Set it to six fields, the first for seconds, UTC: 0 */15 * * * *.")]
    public string Schedule { get; init; } = "";

    /// <summary>After how long a run begins nothing new. The next run goes on there.</summary>
    /// <value>5 s to 1 h, default 4 min. Stay a minute below <c>functionTimeout</c> in host.json.</value>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Images taken in at the same time. How many are prepared at once is <c>Images:MaxConcurrency</c>.</summary>
    /// <value>1 to 64, default 4.</value>
    [Range(1, 64)]
    public int Parallelism { get; init; } = 4;

    /// <summary>After how long a failed record is taken up again whose failure was not its picture's. The wait doubles with each round, up to a day.</summary>
    /// <value>1 s to 30 days, default 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan RetryAfter { get; init; } = RetryRounds.Default.First;

    /// <summary>How often that happens; then only <c>captioner sweep --retry-failed</c> takes it up.</summary>
    /// <value>0 to 100, default 8; 0 for never.</value>
    [Range(0, 100)]
    public int MaxRetryRounds { get; init; } = RetryRounds.Default.Most;
}

/// <summary>How the app learns of new images; configuration section <c>BlobTrigger</c>.</summary>
public sealed record ImageTriggerOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "BlobTrigger";

    private const string Choices = "Set it to EventGrid, Polling, or None for an app that only describes.";

    /// <summary>What calls the trigger.</summary>
    /// <value>Required: with the wrong one no image would be taken in, and no error would say so.</value>
    [Required(ErrorMessage = Choices)]
    [EnumDataType(typeof(ImageTriggerSource), ErrorMessage = Choices)]
    public ImageTriggerSource? Source { get; init; }
}

/// <summary>How a function app learns of new images.</summary>
public enum ImageTriggerSource
{
    /// <summary>Event Grid: at once, and the only one on which Flex Consumption and Container Apps scale.</summary>
    EventGrid,

    /// <summary>The host scans the container and storage's logs: needs nothing else, so it works with Azurite.</summary>
    Polling,

    /// <summary>Not at all: this app takes no images in, sweeps nothing and marks nothing. It describes.</summary>
    None,
}

/// <summary>Whether the app describes images, and how long a call of <c>Describe</c> may take; configuration section <c>Describe</c>.</summary>
public sealed record DescribeOptions : IValidatableObject
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Describe";

    /// <summary>Whether the app has the function <c>Describe</c>, and so holds the model.</summary>
    /// <value>True or false, default false.</value>
    [AllowedValues(true, false)]
    public bool Enabled { get; init; }

    /// <summary>How long a call waits for the model that is being loaded. Then its job goes back to the queue; that counts no try.</summary>
    /// <value>1 s to 1 h and shorter than <see cref="MaxDuration"/>, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ModelWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After how long such a job comes again.</summary>
    /// <value>0 to 1 h, default 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ReturnDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After how long a call hands its job back, whatever it does. At its own limit the platform would end the process, and every other call with it.</summary>
    /// <value>2 s to 1 day, default 9 min. Stay below <c>functionTimeout</c> in host.json.</value>
    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00")]
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(9);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ModelWait >= MaxDuration)
        {
            yield return new($"It must be shorter than {nameof(MaxDuration)}, {MaxDuration}: otherwise a call could never describe after the wait.", [nameof(ModelWait)]);
        }
    }
}

/// <summary>Which functions this app has. The platform must not see the others.</summary>
public sealed class FunctionSelection(ImageTriggerOptions trigger, DescribeOptions describe)
{
    /// <summary>The function that Event Grid calls.</summary>
    public const string EventGrid = "IngestFromEventGrid";

    /// <summary>The function that polls.</summary>
    public const string Polling = "IngestByPolling";

    /// <summary>The function that describes.</summary>
    public const string Describe = "Describe";

    /// <summary>True for a function that this app has.</summary>
    public bool Includes(string function) => function switch
    {
        Describe => describe.Enabled,
        EventGrid => trigger.Source == ImageTriggerSource.EventGrid,
        Polling => trigger.Source == ImageTriggerSource.Polling,
        _ => trigger.Source != ImageTriggerSource.None,
    };
}

/// <summary>Checks <see cref="SweepOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class SweepOptionsValidator : IValidateOptions<SweepOptions>;

/// <summary>Checks <see cref="ImageTriggerOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ImageTriggerOptionsValidator : IValidateOptions<ImageTriggerOptions>;

/// <summary>Checks <see cref="DescribeOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class DescribeOptionsValidator : IValidateOptions<DescribeOptions>;
