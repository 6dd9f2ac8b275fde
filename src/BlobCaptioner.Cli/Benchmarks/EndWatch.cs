using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>Notes when the last record was written: what comes after, the look whether there is more, is no part of the way of a picture.</summary>
internal sealed class EndWatch(TimeProvider time) : IRunReport
{
    private long _described;
    private long _last;

    /// <summary>Records written.</summary>
    public long Described => Interlocked.Read(ref _described);

    /// <summary>Timestamp of the last one.</summary>
    public long LastDescribed => Interlocked.Read(ref _last);

    /// <inheritdoc/>
    public void Add(PipelineEvent step)
    {
        if (step.Kind == PipelineEventKind.Described)
        {
            Interlocked.Increment(ref _described);
            Interlocked.Exchange(ref _last, time.GetTimestamp());
        }
    }

    /// <inheritdoc/>
    public void Add(SweepSummary sweep)
    {
    }

    /// <inheritdoc/>
    public void Report(string value)
    {
    }

    /// <inheritdoc/>
    public void Warn(string message)
    {
    }

    /// <inheritdoc/>
    public void End(RunSummary summary)
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
