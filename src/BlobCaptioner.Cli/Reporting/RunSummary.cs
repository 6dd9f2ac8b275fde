using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>What a run did, and what the store holds afterwards.</summary>
public sealed record RunSummary
{
    /// <summary>Pictures that this process described.</summary>
    public required long Described { get; init; }

    /// <summary>Products that this process described, beside their pictures.</summary>
    public long Products { get; init; }

    /// <summary>Pictures that this process rejected.</summary>
    public required long Rejected { get; init; }

    /// <summary>Pictures that this process gave up.</summary>
    public required long Failed { get; init; }

    /// <summary>Described pictures a minute, from the first picture's start to the last one's end; 0 where none was described.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Tokens of the answers a second, over the same time.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Length of the run in seconds, set-up included.</summary>
    public required double Seconds { get; init; }

    /// <summary>What the store holds now; null where it was not asked.</summary>
    public StoreStatus? Store { get; init; }

    /// <summary>The summary of a run that is over.</summary>
    public static RunSummary Of(TallySnapshot end, StoreStatus? store) => new()
    {
        Described = end.Described,
        Products = end.Products,
        Rejected = end.Rejected,
        Failed = end.Failed,
        PicturesPerMinute = Math.Round(end.PicturesPerMinute, 1),
        TokensPerSecond = Math.Round(end.TokensPerSecond, 1),
        Seconds = Math.Round(end.Elapsed.TotalSeconds, 1),
        Store = store,
    };
}
