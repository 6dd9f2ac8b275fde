using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>The images of a sweep, and how they are taken in.</summary>
public sealed record SweepRequest
{
    /// <summary>The profile where a folder names none.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Only names that start with this; null, the default, for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>True describes every image again.</summary>
    public bool Force { get; init; }

    /// <summary>True tries images again that were given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>When images are tried again that were given up for a reason that is not theirs. Default <see cref="RetryRounds.Default"/>.</summary>
    public RetryRounds Rounds { get; init; } = RetryRounds.Default;

    /// <summary>Images taken in at the same time. Range 1 to 64, default the number of processors.</summary>
    [Range(1, 64)]
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 64);
}

/// <summary>The counts of a sweep. Each listed image is in exactly one of the other counts, apart from those of products.</summary>
public sealed record SweepSummary
{
    /// <summary>Images in the listing.</summary>
    public long Listed { get; init; }

    /// <summary>Their record was up to date.</summary>
    public long UpToDate { get; init; }

    /// <summary>The same bytes were uploaded again; the record points at the new ETag now.</summary>
    public long Refreshed { get; init; }

    /// <summary>Their job is in the queue now.</summary>
    public long Enqueued { get; init; }

    /// <summary>They can't be described; their record says why.</summary>
    public long Rejected { get; init; }

    /// <summary>Their job was in the queue before.</summary>
    public long InFlight { get; init; }

    /// <summary>Jobs whose message was lost, and is in the queue again. They count in <see cref="InFlight"/> too.</summary>
    public long Resent { get; init; }

    /// <summary>They were deleted meanwhile.</summary>
    public long Gone { get; init; }

    /// <summary>A blob that is not a record has their record's, or a product record's, name.</summary>
    public long Blocked { get; init; }

    /// <summary>Products whose job is in the queue now: their views are settled, and their record was missing or out of date.</summary>
    public long Products { get; init; }

    /// <summary>Products whose job was in the queue before.</summary>
    public long ProductsInFlight { get; init; }

    /// <summary>Images and products that the day's budget holds back. A later sweep sends them. Some that are in the queue already may count here, since a paused sweep asks for no ticket.</summary>
    public long Paused { get; init; }

    /// <summary>They failed: storage refused, or another error occurred. The next sweep tries again.</summary>
    public long Errors { get; init; }

    internal static SweepSummary Of(IntakeTally tally) => new()
    {
        Listed = tally.Images,
        UpToDate = tally.Count(IntakeResult.UpToDate),
        Refreshed = tally.Count(IntakeResult.Refreshed),
        Enqueued = tally.Count(IntakeResult.Enqueued),
        Rejected = tally.Count(IntakeResult.Rejected),
        InFlight = tally.Count(IntakeResult.AlreadyQueued),
        Gone = tally.Count(IntakeResult.Gone),
        Blocked = tally.Count(IntakeResult.Blocked) + tally.Count(IntakeResult.Blocked, isProduct: true),
        Products = tally.Count(IntakeResult.Enqueued, isProduct: true),
        ProductsInFlight = tally.Count(IntakeResult.AlreadyQueued, isProduct: true),
        Paused = tally.Count(IntakeResult.Paused) + tally.Count(IntakeResult.Paused, isProduct: true),
        Errors = tally.Count(result: null) + tally.Count(result: null, isProduct: true),
    };
}

/// <summary>Counts results of intake; null stands for an error. Thread-safe.</summary>
internal sealed class IntakeTally
{
    private readonly ConcurrentDictionary<(IntakeResult? Result, bool IsProduct), long> _counts = new();

    public long Images => _counts.Where(c => !c.Key.IsProduct).Sum(c => c.Value);

    public void Add(IntakeResult? result, bool isProduct = false) => _counts.AddOrUpdate((result, isProduct), 1, static (_, count) => count + 1);

    public long Count(IntakeResult? result, bool isProduct = false) => _counts.GetValueOrDefault((result, isProduct));
}
