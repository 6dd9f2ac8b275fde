namespace BlobCaptioner.Estimates;

/// <summary>What is to be described by how many workers, and what the store can take.</summary>
public sealed record FleetRequest
{
    /// <summary>Pictures, all there at the beginning.</summary>
    /// <value>1 to 10^12; default a million.</value>
    public long Pictures { get; init; } = 1_000_000;

    /// <summary>Pictures a minute of one worker, as <c>captioner bench engine</c> or <c>captioner estimate</c> measure it.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Workers.</summary>
    public required int Workers { get; init; }

    /// <summary>Price of a worker's hour; null where it isn't known.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>Storage requests of a picture from listing to record; measured on the pipeline (README).</summary>
    public double RequestsPerPicture { get; init; } = 15;

    /// <summary>Of these on the queue: put, get, delete.</summary>
    public double QueueRequestsPerPicture { get; init; } = 3;

    /// <summary>Requests a second of one storage account.</summary>
    /// <value>Default 20,000: https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account (some regions 40,000).</value>
    public double AccountRequestsPerSecond { get; init; } = 20_000;

    /// <summary>Messages a second of one queue.</summary>
    /// <value>Default 2,000: https://learn.microsoft.com/azure/storage/queues/scalability-targets.</value>
    public double QueueMessagesPerSecond { get; init; } = 2_000;

    /// <summary>Names in a page of a listing.</summary>
    public int NamesPerPage { get; init; } = 5_000;

    /// <summary>Pages a second of one listing, which goes page by page.</summary>
    public double PagesPerSecond { get; init; } = 2;
}
