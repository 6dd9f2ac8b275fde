using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Tells a run's reader what happens: a live table, plain lines, or JSON lines. Every call is safe from any thread and returns at once.</summary>
public interface IRunReport : IProgress<string>, IAsyncDisposable
{
    /// <summary>One step on a picture's way.</summary>
    void Add(PipelineEvent step);

    /// <summary>A sweep ended.</summary>
    void Add(SweepSummary sweep);

    /// <summary>Something went wrong that concerns one file or the run, and the run goes on.</summary>
    void Warn(string message);

    /// <summary>The run is over.</summary>
    void End(RunSummary summary);
}
