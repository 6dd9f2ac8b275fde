namespace BlobCaptioner.Hosting.Settings;

/// <summary>What tells a function app of new images.</summary>
public enum ImageTriggerSource
{
    /// <summary>Event Grid: at once, and the only one on which Flex Consumption and Container Apps scale.</summary>
    EventGrid,

    /// <summary>The host looks through the container and storage's logs: needs nothing else, so it works with Azurite.</summary>
    Polling,
}
