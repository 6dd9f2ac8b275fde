namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>The result of <c>captioner bench engine</c>: medians of the rounds.</summary>
public sealed record EngineResult
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The profile.</summary>
    public required string Profile { get; init; }

    /// <summary>Pictures in each round.</summary>
    public required int Count { get; init; }

    /// <summary>Rounds.</summary>
    public required int Rounds { get; init; }

    /// <summary>Pixels across and down of the pictures.</summary>
    public required int Edge { get; init; }

    /// <summary>Pictures at once.</summary>
    public required int Slots { get; init; }

    /// <summary>KV cache cells.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Processors.</summary>
    public required int Processors { get; init; }

    /// <summary>Load average of the last minute before the first measurement; null if the system does not provide it.</summary>
    public required double? LoadBefore { get; init; }

    /// <summary>The model's parts, one at a time.</summary>
    public required BareSpeeds Bare { get; init; }

    /// <summary>Tokens of a prompt, the picture's included.</summary>
    public required double InputTokens { get; init; }

    /// <summary>Tokens of an answer.</summary>
    public required double OutputTokens { get; init; }

    /// <summary>Those that were chosen from logits; the rest is literal text, appended in bulk.</summary>
    public required double SampledTokens { get; init; }

    /// <summary>Pictures a minute.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Seconds a picture: 60 / <see cref="PicturesPerMinute"/>.</summary>
    public required double SecondsAPicture { get; init; }

    /// <summary>Seconds of a single picture.</summary>
    public required double SecondsAlone { get; init; }

    /// <summary>Output tokens a second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Milliseconds a picture on the vision thread.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>Milliseconds a picture on the decode thread: image tokens.</summary>
    public required double PrefillMs { get; init; }

    /// <summary>Milliseconds a picture on the decode thread: text tokens.</summary>
    public required double DecodeMs { get; init; }

    /// <summary>Milliseconds a picture on the decode thread: choosing tokens.</summary>
    public required double ChooseMs { get; init; }

    /// <summary>Milliseconds a picture that the decode thread waits for the vision tower, with no picture in any slot.</summary>
    public required double WaitMs { get; init; }

    /// <summary>Milliseconds a picture on the decode thread: scheduling, forks and releases.</summary>
    public required double OtherMs { get; init; }

    /// <summary>Text tokens in a decode step.</summary>
    public required double TokensPerStep { get; init; }

    /// <summary>Milliseconds a picture by <see cref="Bare"/>, if the parts run one after the other.</summary>
    public required double BoundMs { get; init; }

    /// <summary>Share of the bound's speed that was reached; above 1 if the parts overlap.</summary>
    public required double OfBound { get; init; }

    /// <summary>Share of the decode thread's busy time that is neither prefill nor decode.</summary>
    public required double Overhead { get; init; }

    /// <summary>Most resident memory of this process, bytes; null if the system does not provide it.</summary>
    public required long? PeakBytes { get; init; }

    /// <summary>Resident memory of this process after each round, bytes: a rise means a leak.</summary>
    public required IReadOnlyList<long> ResidentBytes { get; init; }
}
