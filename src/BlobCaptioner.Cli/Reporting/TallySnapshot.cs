namespace BlobCaptioner.Cli.Reporting;

/// <summary>Where a run stands.</summary>
public sealed record TallySnapshot
{
    /// <summary>Pictures whose job waits in the queue, as far as this process knows.</summary>
    public required long Waiting { get; init; }

    /// <summary>Pictures that a model works on here.</summary>
    public required long InWork { get; init; }

    /// <summary>Pictures described by this process.</summary>
    public required long Described { get; init; }

    /// <summary>Products described by this process, beside their pictures.</summary>
    public long Products { get; init; }

    /// <summary>Pictures rejected by this process.</summary>
    public required long Rejected { get; init; }

    /// <summary>Pictures given up by this process.</summary>
    public required long Failed { get; init; }

    /// <summary>Described pictures a minute over the whole run.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Answer tokens a second over the whole run.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Described pictures a minute over the last half minute.</summary>
    public required double RecentPerMinute { get; init; }

    /// <summary>Since the run began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Part of the known pictures that is done, 0 to 1.</summary>
    public required double Progress { get; init; }
}
