namespace BlobCaptioner.Estimates;

/// <summary>What describing a number of pictures takes.</summary>
public sealed record WorkEstimate
{
    /// <summary>The pictures.</summary>
    public required long Images { get; init; }

    /// <summary>Hours on all machines together working at once; null where no picture of the sample reached the model.</summary>
    public required Interval? Hours { get; init; }

    /// <summary>What the GPUs' hours cost; null without a price.</summary>
    public required Interval? GpuCost { get; init; }

    /// <summary>What the tokens cost; null without prices.</summary>
    public required Interval? TokenCost { get; init; }
}
