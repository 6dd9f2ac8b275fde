namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a sweep found and did. Every listed image is in exactly one of the other counts but those of products.</summary>
public sealed record SweepSummary
{
    /// <summary>Images in the listing.</summary>
    public long Listed { get; init; }

    /// <summary>Their record was up to date.</summary>
    public long UpToDate { get; init; }

    /// <summary>The same bytes lay there under a new ETag; the record was made to point at it.</summary>
    public long Refreshed { get; init; }

    /// <summary>Their job is in the queue now.</summary>
    public long Enqueued { get; init; }

    /// <summary>They can't be described; a record says why.</summary>
    public long Rejected { get; init; }

    /// <summary>Their job was in the queue before.</summary>
    public long InFlight { get; init; }

    /// <summary>They vanished meanwhile.</summary>
    public long Gone { get; init; }

    /// <summary>A file of somebody else's lies where their record, or a product's, belongs.</summary>
    public long Blocked { get; init; }

    /// <summary>Products whose job is in the queue now: their views have ended, and their record was missing or out of date.</summary>
    public long Products { get; init; }

    /// <summary>Products whose job was in the queue before.</summary>
    public long ProductsInFlight { get; init; }

    /// <summary>Storage refused, or something else went wrong with them; the next sweep tries again.</summary>
    public long Errors { get; init; }

    /// <summary>Both together.</summary>
    public SweepSummary Plus(SweepSummary other) => new()
    {
        Listed = Listed + other.Listed,
        UpToDate = UpToDate + other.UpToDate,
        Refreshed = Refreshed + other.Refreshed,
        Enqueued = Enqueued + other.Enqueued,
        Rejected = Rejected + other.Rejected,
        InFlight = InFlight + other.InFlight,
        Gone = Gone + other.Gone,
        Blocked = Blocked + other.Blocked,
        Products = Products + other.Products,
        ProductsInFlight = ProductsInFlight + other.ProductsInFlight,
        Errors = Errors + other.Errors,
    };
}
