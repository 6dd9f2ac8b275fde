namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>One pair of measurements over the same pictures.</summary>
public sealed record PipelineRound
{
    /// <summary>Pictures a minute of the engine alone, over prepared pictures in memory.</summary>
    public required double EnginePerMinute { get; init; }

    /// <summary>Pictures a minute from the container to the record: sweep, intake, queue, caption, record.</summary>
    public required double PipelinePerMinute { get; init; }

    /// <summary>The second of these over the first.</summary>
    public required double Ratio { get; init; }

    /// <summary>Processor time of a picture in the engine alone, milliseconds.</summary>
    public required double EngineCpuMs { get; init; }

    /// <summary>Processor time of a picture from container to record in this process, milliseconds.</summary>
    public required double PipelineCpuMs { get; init; }

    /// <summary>Processor time of a picture in Azurite, which runs on the same cores, milliseconds; null where the store is elsewhere.</summary>
    public required double? AzuriteCpuMs { get; init; }

    /// <summary>Parts of the engine's busy time in the vision tower, in prompts and pictures, and in answers; they run on two threads. Null where a server does the work.</summary>
    public required PhaseShares? Shares { get; init; }

    /// <summary>Engine alone: milliseconds in the vision tower a picture.</summary>
    public required double EngineEncodeMs { get; init; }

    /// <summary>The same end to end: more where the other work takes processor time or memory bandwidth from it.</summary>
    public required double PipelineEncodeMs { get; init; }

    /// <summary>Engine alone: share of the time in which at least one of vision tower and language model had work, by whichever has more of it.</summary>
    public required double EngineBusy { get; init; }

    /// <summary>The same end to end: as much as alone where no picture was waited for.</summary>
    public required double PipelineBusy { get; init; }
}
