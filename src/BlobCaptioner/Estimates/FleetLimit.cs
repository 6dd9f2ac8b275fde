namespace BlobCaptioner.Estimates;

/// <summary>What holds a fleet of workers back, and so what to add or to split.</summary>
public enum FleetLimit
{
    /// <summary>The workers themselves: add some.</summary>
    Workers,

    /// <summary>Messages a second of one queue: give each group of workers a queue of its own, by folder.</summary>
    Queue,

    /// <summary>Requests a second of the storage account: split the pictures over several accounts.</summary>
    Account,

    /// <summary>The sweep's listing, page by page: sweep several prefixes side by side, or let Event Grid tell of new pictures.</summary>
    Listing,
}
