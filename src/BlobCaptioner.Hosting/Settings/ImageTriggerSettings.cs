using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>Which of the two wirings of the blob trigger exists in this app; section <c>BlobTrigger</c>.</summary>
public sealed record ImageTriggerSettings
{
    /// <summary>The section's key.</summary>
    public const string Section = "BlobTrigger";

    /// <summary>The function that Event Grid calls.</summary>
    public const string EventGridFunction = "IngestFromEventGrid";

    /// <summary>The function that polls.</summary>
    public const string PollingFunction = "IngestByPolling";

    /// <summary>Which one. No default: the wrong one would take nothing in, without a word.</summary>
    [Required]
    public ImageTriggerSource? Source { get; init; }

    /// <summary>True for every function but the blob trigger's other wiring: the platform is not even told of that one.</summary>
    public bool Includes(string function) => function != (Source == ImageTriggerSource.EventGrid ? PollingFunction : EventGridFunction);
}
