using BlobCaptioner.Inference.Batching;

namespace BlobCaptioner.Benchmarks.Languages;

/// <summary>Some pictures at once, from the first submission to the last answer.</summary>
internal sealed record LanguagesRun
{
    public required int Pictures { get; init; }

    public required TimeSpan Wall { get; init; }

    public required int OutputTokens { get; init; }

    public required BatcherSnapshot Before { get; init; }

    public required BatcherSnapshot After { get; init; }

    public double PicturesPerMinute => Pictures / Wall.TotalMinutes;

    /// <summary>Decode calls for text.</summary>
    public double Steps => After.Steps - Before.Steps;

    public double TextTokens => After.TextTokens - Before.TextTokens;

    /// <summary>Milliseconds of a kind of work for each picture.</summary>
    public double Per(Func<BatcherSnapshot, TimeSpan> busy) => (busy(After) - busy(Before)).TotalMilliseconds / Pictures;
}
