using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>A measured run of pictures through the engine, from the first submission to the last answer.</summary>
public sealed record EngineRun
{
    /// <summary>Pictures.</summary>
    public required int Pictures { get; init; }

    /// <summary>Tokens of an answer, literal and sampled.</summary>
    public required double OutputTokens { get; init; }

    /// <summary>Those that were chosen from logits.</summary>
    public required double SampledTokens { get; init; }

    /// <summary>Tokens of a prompt, its picture's included.</summary>
    public required double InputTokens { get; init; }

    /// <summary>Its duration.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>The engine's counters before the run.</summary>
    public required BatcherSnapshot Before { get; init; }

    /// <summary>The engine's counters after the run.</summary>
    public required BatcherSnapshot After { get; init; }

    /// <summary>Pictures a minute.</summary>
    public double PicturesPerMinute => Pictures / Wall.TotalMinutes;

    /// <summary>Milliseconds of one kind of work for a picture.</summary>
    public double Per(Func<BatcherSnapshot, TimeSpan> busy) => (busy(After) - busy(Before)).TotalMilliseconds / Pictures;

    /// <summary>Milliseconds a picture on the decode thread besides image prefill, text decode, choosing and waiting: scheduling, forks and releases.</summary>
    public double OtherMs => (Wall.TotalMilliseconds / Pictures) - Per(s => s.PrefillBusy + s.DecodeBusy + s.SampleBusy + s.Idle);

    /// <summary>Describes the pictures, with enough in flight to keep the engine busy.</summary>
    public static async Task<EngineRun> MeasureAsync(
        LocalCaptionModel model, IReadOnlyList<PreparedImage> pictures, Profile profile, CancellationToken cancellationToken)
    {
        var usage = new CaptionUsage[pictures.Count];
        var before = model.Snapshot();
        var started = TimeProvider.System.GetTimestamp();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 2 * model.Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, pictures.Count, options, async (i, token) => usage[i] = (await model.DescribeAsync(pictures[i], profile, token)).Usage);
        return new()
        {
            Pictures = pictures.Count,
            OutputTokens = usage.Average(u => u.OutputTokens),
            SampledTokens = usage.Average(u => u.SampledTokens),
            InputTokens = usage.Average(u => u.PromptTokens + u.ImageTokens),
            Wall = TimeProvider.System.GetElapsedTime(started),
            Before = before,
            After = model.Snapshot(),
        };
    }
}
