using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Counts of a store, from one streamed listing and a few requests.</summary>
public sealed record StoreStatus
{
    /// <summary>Images.</summary>
    public required long Images { get; init; }

    /// <summary>Images with a <c>described</c> record of their present version.</summary>
    public required long Described { get; init; }

    /// <summary>Images with a <c>rejected</c> record of their present version.</summary>
    public required long Rejected { get; init; }

    /// <summary>Images with a <c>failed</c> record of their present version.</summary>
    public required long Failed { get; init; }

    /// <summary>Images without a record.</summary>
    public required long Waiting { get; init; }

    /// <summary>Images with a record of an older version.</summary>
    public required long OutOfDate { get; init; }

    /// <summary>Images that get no record: its name belongs to a blob that is not a record, or storage can't carry the image's own name.</summary>
    public required long Blocked { get; init; }

    /// <summary>Product records with status <c>described</c>.</summary>
    public long Products { get; init; }

    /// <summary>Product records with status <c>rejected</c> or <c>failed</c>.</summary>
    public long ProductsFailed { get; init; }

    /// <summary>Messages in the queue, including those that workers hold; approximate, as storage counts.</summary>
    public required long QueueLength { get; init; }

    /// <summary>Age of the oldest visible message; null for none.</summary>
    public required TimeSpan? OldestWait { get; init; }

    /// <summary>Messages in the poison queue; approximate.</summary>
    public required long Poison { get; init; }

    /// <summary>What was spent today, and whether sending is paused; null where no budget is set, or nothing was spent today.</summary>
    public BudgetStatus? Budget { get; init; }

    /// <summary>Reads the counts.</summary>
    /// <param name="storage">The store.</param>
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
                _ when ImageNames.Problem(image.Name) is not null => blocked++,
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
            Budget = await BudgetStatus.ReadAsync(storage, time, cancellationToken),
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
