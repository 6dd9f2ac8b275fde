using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Estimates;

/// <summary>Throughput, cost and rejections of a container, estimated from a sample. All intervals are 95 % confidence intervals.</summary>
/// <remarks>
/// The sample runs like real work: <see cref="Concurrency"/> pictures are in work at any time. Sampled pictures are repeated, uncounted, until the last counted one is
/// done. By Little's law one picture is done every (time of a picture / concurrency); the interval is Student's t over these times. Pictures in work together share
/// steps, so their times are not quite independent. The interval does not cover other or busier machines.
/// </remarks>
public sealed record ContainerEstimate
{
    /// <summary>The model that was measured.</summary>
    public required CaptionModelInfo Model { get; init; }

    /// <summary>Pictures in work at once.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Pictures in the sample.</summary>
    public required int Sampled { get; init; }

    /// <summary>Of these, described.</summary>
    public required int Described { get; init; }

    /// <summary>Of these, rejected: not an image, too large, or not accepted by the model.</summary>
    public required int Rejected { get; init; }

    /// <summary>Of these, failed: the model gave no usable answer. A real run would try them again.</summary>
    public required int Failed { get; init; }

    /// <summary>Share of rejected pictures, 0 to 1 (Wilson's interval).</summary>
    public required Interval RejectedShare { get; init; }

    /// <summary>Pictures that one machine describes in a minute; null where none was described.</summary>
    public required Interval? PicturesPerMinute { get; init; }

    /// <summary>Input tokens of a described picture, its image tokens included; null where none was described.</summary>
    public required Interval? InputTokens { get; init; }

    /// <summary>Output tokens of a described picture; null where none was described.</summary>
    public required Interval? OutputTokens { get; init; }

    /// <summary>Mean time to read and prepare a picture, in milliseconds. Workers do it while the model works.</summary>
    public required double PreparationMs { get; init; }

    /// <summary>All pictures of the container, rejected ones included.</summary>
    public required WorkEstimate All { get; init; }

    /// <summary>Those without a record, or with one that is out of date.</summary>
    public required WorkEstimate Outstanding { get; init; }

    /// <summary>Currency of all costs, ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>Warnings about the estimate, in sentences; empty for none.</summary>
    public required IReadOnlyList<string> Cautions { get; init; }

    /// <summary>Error of the first rejected or failed picture; null without one.</summary>
    public required RecordError? Error { get; init; }
}

/// <summary>Time and cost of describing a number of pictures.</summary>
public sealed record WorkEstimate
{
    /// <summary>The pictures.</summary>
    public required long Images { get; init; }

    /// <summary>Hours until all machines together are done; null where no picture of the sample was described.</summary>
    public required Interval? Hours { get; init; }

    /// <summary>Cost of the GPUs' hours; null without a price.</summary>
    public required Interval? GpuCost { get; init; }

    /// <summary>Cost of the tokens; null without prices.</summary>
    public required Interval? TokenCost { get; init; }
}

/// <summary>An estimate with its 95 % confidence interval.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Low">Lower end; null where the sample is too small to tell (one picture) or the end is unbounded.</param>
/// <param name="High">Upper end; null as for <paramref name="Low"/>.</param>
public sealed record Interval(double Value, double? Low, double? High)
{
    /// <summary>Multiplies value and ends.</summary>
    /// <param name="factor">0 or more.</param>
    public Interval Scale(double factor) => new(Value * factor, Low * factor, High * factor);

    /// <summary>Divides a number by value and ends, as for the rate of a duration. The ends change places; an end of 0 becomes null, for unbounded.</summary>
    public Interval Divide(double numerator) => new(
        numerator / Value, High is { } high and > 0 ? numerator / high : null, Low is { } low and > 0 ? numerator / low : null);
}

/// <summary>The sample to take and the prices to apply.</summary>
public sealed record EstimateRequest
{
    /// <summary>Profile of folders without settings of their own.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Prefix of the names to estimate.</summary>
    /// <value>Default null, for all names.</value>
    public string? Prefix { get; init; }

    /// <summary>Pictures to describe.</summary>
    /// <value>1 to 1,000, default 20.</value>
    [Range(1, 1_000)]
    public int Sample { get; init; } = 20;

    /// <summary>Seed of the sample: with the same seed, an unchanged container gives the same pictures.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Price of one GPU hour, in <see cref="Currency"/>.</summary>
    /// <value>Default null, for unknown.</value>
    public decimal? GpuPricePerHour { get; init; }

    /// <summary>Number of machines, each as fast as this one. The cost does not depend on it.</summary>
    /// <value>1 to 10,000, default 1.</value>
    [Range(1, 10_000)]
    public int Gpus { get; init; } = 1;

    /// <summary>Price of a million input tokens, image tokens included.</summary>
    /// <value>Default null, for unknown.</value>
    public decimal? InputPricePerMillion { get; init; }

    /// <summary>Price of a million output tokens.</summary>
    /// <value>Default null, for unknown.</value>
    public decimal? OutputPricePerMillion { get; init; }

    /// <summary>Currency of the prices, ISO 4217.</summary>
    /// <value>Default <c>USD</c>.</value>
    public string Currency { get; init; } = "USD";
}
