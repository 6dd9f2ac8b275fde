namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>What <c>captioner bench pipeline</c> found.</summary>
public sealed record PipelineResult
{
    /// <summary>Pictures in each measurement.</summary>
    public required int Count { get; init; }

    /// <summary>Pixels across and down of the pictures.</summary>
    public required int Edge { get; init; }

    /// <summary>Image tokens of a prepared picture.</summary>
    public required int ImageTokens { get; init; }

    /// <summary>Pictures at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Threads of each part of the model as asked for; null where that was left to the model's size.</summary>
    public required int? Threads { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Processors.</summary>
    public required int Processors { get; init; }

    /// <summary>Processes that wanted to run, over the last minute, before the first measurement; null where the system does not tell.</summary>
    public required double? LoadBefore { get; init; }

    /// <summary>Processor time of preparing a picture, by itself, milliseconds.</summary>
    public required double PrepareCpuMs { get; init; }

    /// <summary>The rounds, in order; which of the two measurements comes first alternates.</summary>
    public required IReadOnlyList<PipelineRound> Rounds { get; init; }

    /// <summary>Median of the rounds' ratios.</summary>
    public required double MedianRatio { get; init; }
}
