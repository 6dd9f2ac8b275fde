using System.ComponentModel.DataAnnotations;
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
}

/// <summary>Which of the two wirings of the blob trigger exists in this app; configuration section <c>BlobTrigger</c>.</summary>
public sealed record ImageTriggerOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "BlobTrigger";

    /// <summary>The function that Event Grid calls.</summary>
    public const string EventGridFunction = "IngestFromEventGrid";

    /// <summary>The function that polls.</summary>
    public const string PollingFunction = "IngestByPolling";

    /// <summary>What calls the trigger.</summary>
    /// <value>Required: with the wrong one no image would be taken in, and no error would say so.</value>
    [Required(ErrorMessage = "Set it to EventGrid or Polling.")]
    [EnumDataType(typeof(ImageTriggerSource), ErrorMessage = "Set it to EventGrid or Polling.")]
    public ImageTriggerSource? Source { get; init; }

    /// <summary>True for every function but the blob trigger's other wiring, which the platform must not see.</summary>
    public bool Includes(string function) => function != (Source == ImageTriggerSource.EventGrid ? PollingFunction : EventGridFunction);
}

/// <summary>How a function app learns of new images.</summary>
public enum ImageTriggerSource
{
    /// <summary>Event Grid: at once, and the only one on which Flex Consumption and Container Apps scale.</summary>
    EventGrid,

    /// <summary>The host scans the container and storage's logs: needs nothing else, so it works with Azurite.</summary>
    Polling,
}

/// <summary>Checks <see cref="SweepOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class SweepOptionsValidator : IValidateOptions<SweepOptions>;

/// <summary>Checks <see cref="ImageTriggerOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ImageTriggerOptionsValidator : IValidateOptions<ImageTriggerOptions>;
