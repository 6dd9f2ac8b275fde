using System.Text.Json.Serialization;

namespace BlobCaptioner.Benchmarks.Pipeline;

/// <summary>The result of <c>pipeline</c>.</summary>
internal sealed record PipelineResult
{
    /// <summary>Pictures in each measurement.</summary>
    public required int Count { get; init; }

    /// <summary>Pixels across and down of the pictures.</summary>
    public required int Edge { get; init; }

    /// <summary>Image tokens of a prepared picture.</summary>
    public required int ImageTokens { get; init; }

    /// <summary>Pictures at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Threads of each part of the model as asked for; null for the default by the model's size.</summary>
    public required int? Threads { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Processors.</summary>
    public required int Processors { get; init; }

    /// <summary>Load average of the last minute before the first measurement; null if the system does not provide it.</summary>
    public required double? LoadBefore { get; init; }

    /// <summary>Processor time to prepare a picture, milliseconds.</summary>
    public required double PrepareCpuMs { get; init; }

    /// <summary>The rounds, in order; which of the two measurements comes first alternates.</summary>
    public required IReadOnlyList<PipelineRound> Rounds { get; init; }

    /// <summary>Median of the rounds' ratios.</summary>
    public required double MedianRatio { get; init; }
}

/// <summary>One pair of measurements over the same pictures.</summary>
internal sealed record PipelineRound
{
    /// <summary>Pictures a minute of the engine alone, over prepared pictures in memory.</summary>
    public required double EnginePerMinute { get; init; }

    /// <summary>Pictures a minute from the container to the record: sweep, intake, queue, caption, record.</summary>
    public required double PipelinePerMinute { get; init; }

    /// <summary><see cref="PipelinePerMinute"/> / <see cref="EnginePerMinute"/>.</summary>
    public required double Ratio { get; init; }

    /// <summary>Processor time of a picture in the engine alone, milliseconds.</summary>
    public required double EngineCpuMs { get; init; }

    /// <summary>Processor time of a picture from container to record in this process, milliseconds.</summary>
    public required double PipelineCpuMs { get; init; }

    /// <summary>Processor time of a picture in Azurite, which runs on the same cores, milliseconds; null if the store is not local.</summary>
    public required double? AzuriteCpuMs { get; init; }

    /// <summary>Parts of the engine's busy time in the vision tower, in prompts and pictures, and in answers; they run on two threads. Null if a server does the work.</summary>
    public required PhaseShares? Shares { get; init; }

    /// <summary>Engine alone: milliseconds in the vision tower a picture.</summary>
    public required double EngineEncodeMs { get; init; }

    /// <summary>The same end to end: more where the other work takes processor time or memory bandwidth from it.</summary>
    public required double PipelineEncodeMs { get; init; }

    /// <summary>Engine alone: share of the time in which at least one of vision tower and language model had work, by whichever has more of it.</summary>
    public required double EngineBusy { get; init; }

    /// <summary>The same end to end. Equal to the engine alone if the engine never waited for a picture.</summary>
    public required double PipelineBusy { get; init; }
}

/// <summary>Where the engine's time went; the three add up to 1.</summary>
/// <param name="Encode">In the vision tower.</param>
/// <param name="Prefill">Reading prompts and pictures.</param>
/// <param name="Decode">Writing answers, sampling included.</param>
internal sealed record PhaseShares(double Encode, double Prefill, double Decode);

/// <summary>JSON of the result.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PipelineResult))]
internal sealed partial class PipelineJson : JsonSerializerContext;
