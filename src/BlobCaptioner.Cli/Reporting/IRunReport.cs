using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using Spectre.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Reports the events of a run, as a live table, plain lines or JSON lines. All methods are thread-safe and return at once.</summary>
public interface IRunReport : IProgress<string>, IAsyncDisposable
{
    /// <summary>Reports an event of the pipeline.</summary>
    void Add(PipelineEvent step);

    /// <summary>Reports the result of a sweep.</summary>
    void Add(SweepSummary sweep);

    /// <summary>Reports a problem that does not end the run.</summary>
    void Warn(string message);

    /// <summary>Reports the end of the run.</summary>
    void End(RunSummary summary);
}

/// <summary>Chooses the report of a run.</summary>
internal static class RunReports
{
    /// <summary>True if stdout is an interactive terminal.</summary>
    public static bool IsLive(bool json) => !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    /// <summary>JSON lines if asked for, a live table on a terminal, else plain lines.</summary>
    public static IRunReport Create(bool json, RunTally tally, TimeProvider time) =>
        json ? new JsonReport(Console.Out, time)
        : IsLive(json) ? new LiveReport(AnsiConsole.Console, tally, time)
        : new PlainReport(Console.Out, Console.Error);
}

/// <summary>Writes progress messages to stderr, so that stdout holds only results.</summary>
internal sealed class ErrorProgress : IProgress<string>
{
    /// <summary>The only instance.</summary>
    public static ErrorProgress Instance { get; } = new();

    private ErrorProgress()
    {
    }

    /// <inheritdoc/>
    public void Report(string value) => Console.Error.WriteLine(value);
}
