namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>What <c>captioner bench engine</c> found; medians of the rounds.</summary>
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

    /// <summary>Processes that wanted to run, over the last minute, before the first measurement; null where the system does not tell.</summary>
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

    /// <summary>Seconds of a picture that is alone.</summary>
    public required double SecondsAlone { get; init; }

    /// <summary>Output tokens a second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Milliseconds a picture on the vision thread.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>Milliseconds a picture on the decode thread: image tokens.</summary>
    public required double PrefillMs { get; init; }

    /// <summary>Text tokens.</summary>
    public required double DecodeMs { get; init; }

    /// <summary>Choosing tokens.</summary>
    public required double ChooseMs { get; init; }

    /// <summary>No picture in any slot: the vision tower is behind.</summary>
    public required double WaitMs { get; init; }

    /// <summary>Scheduling, forks and releases.</summary>
    public required double OtherMs { get; init; }

    /// <summary>Text tokens in a decode step.</summary>
    public required double TokensPerStep { get; init; }

    /// <summary>Milliseconds a picture that <see cref="Bare"/> allows where its parts follow each other.</summary>
    public required double BoundMs { get; init; }

    /// <summary>Part of the bound that was reached; more than 1 where the parts overlap.</summary>
    public required double OfBound { get; init; }

    /// <summary>Part of the decode thread's busy time that is the engine's own, neither prefill nor decode.</summary>
    public required double Overhead { get; init; }

    /// <summary>Most resident memory of this process, bytes; null where the system does not tell.</summary>
    public required long? PeakBytes { get; init; }

    /// <summary>Resident memory of this process after each round, bytes: rises where something leaks. Empty where the system does not tell.</summary>
    public required IReadOnlyList<long> ResidentBytes { get; init; }
}
