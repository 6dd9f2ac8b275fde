using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a store holds: one streamed listing and three requests to the queues.</summary>
public sealed record StoreStatus
{
    /// <summary>Images.</summary>
    public required long Images { get; init; }

    /// <summary>With a record that says described, for the version that lies there.</summary>
    public required long Described { get; init; }

    /// <summary>With a record that says rejected, for the version that lies there.</summary>
    public required long Rejected { get; init; }

    /// <summary>With a record that says failed, for the version that lies there.</summary>
    public required long Failed { get; init; }

    /// <summary>Without a record.</summary>
    public required long Waiting { get; init; }

    /// <summary>With a record of an older version.</summary>
    public required long OutOfDate { get; init; }

    /// <summary>With a file of somebody else's where the record belongs.</summary>
    public required long Blocked { get; init; }

    /// <summary>Product records that say described.</summary>
    public long Products { get; init; }

    /// <summary>Product records that say rejected or failed.</summary>
    public long ProductsFailed { get; init; }

    /// <summary>Messages in the queue, those that workers hold included; approximate, as storage counts them.</summary>
    public required long QueueLength { get; init; }

    /// <summary>How long the oldest message that is free to be taken has waited; null where there is none.</summary>
    public required TimeSpan? OldestWait { get; init; }

    /// <summary>Messages in the poison queue; approximate.</summary>
    public required long Poison { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="prefix">Only images whose names start with this; null for all. The queues are always whole.</param>
    /// <param name="time">Clock for the wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<StoreStatus> ReadAsync(CaptionStorage storage, string? prefix, TimeProvider time, CancellationToken cancellationToken)
    {
        long images = 0, described = 0, rejected = 0, failed = 0, waiting = 0, old = 0, blocked = 0, products = 0, productsFailed = 0;
        await foreach (var image in ImageListing.ReadAsync(storage.Images, prefix, CountProduct, cancellationToken))
        {
            images++;
            _ = image switch
            {
                { HasRecord: false } => waiting++,
                { Receipt: null } => blocked++,
                { Receipt: var receipt } when receipt.SourceETag != image.ETag => old++,
                { Receipt.Status: RecordStatus.Described } => described++,
                { Receipt.Status: RecordStatus.Rejected } => rejected++,
                _ => failed++,
            };
        }

        var queue = await storage.Captions.GetPropertiesAsync(cancellationToken);
        var poison = await storage.Poison.GetPropertiesAsync(cancellationToken);
        var oldest = (await storage.Captions.PeekMessageAsync(cancellationToken)).Value?.InsertedOn;
        return new()
        {
            Images = images,
            Described = described,
            Rejected = rejected,
            Failed = failed,
            Waiting = waiting,
            OutOfDate = old,
            Blocked = blocked,
            Products = products,
            ProductsFailed = productsFailed,
            QueueLength = queue.Value.ApproximateMessagesCount,
            OldestWait = oldest is { } inserted ? time.GetUtcNow() - inserted : null,
            Poison = poison.Value.ApproximateMessagesCount,
        };

        void CountProduct(string name, RecordReceipt? receipt)
        {
            if (receipt is not null)
            {
                _ = receipt.Status == RecordStatus.Described ? products++ : productsFailed++;
            }
        }
    }
}
