using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Reports a run as lines of text, for pipes and files.</summary>
internal sealed class PlainReport(TextWriter output, TextWriter errors) : IRunReport
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _blocked = new(StringComparer.Ordinal);
    private long _heldBack;

    /// <inheritdoc/>
    public void Report(string value) => Write(output, value);

    /// <inheritdoc/>
    public void Warn(string message) => Write(errors, message);

    /// <inheritdoc/>
    public void Add(PipelineEvent step)
    {
        // Every sweep finds what is blocked again; once is enough.
        if (ReportText.Line(step) is { } line && (step.Kind != PipelineEventKind.Blocked || IsNew(line)))
        {
            Write(output, line);
        }
    }

    /// <inheritdoc/>
    public void Add(SweepSummary sweep)
    {
        if (sweep.Enqueued > 0 || sweep.Paused != _heldBack)
        {
            Write(output, $"swept {sweep.Listed} pictures: {sweep.Enqueued} to describe, {sweep.UpToDate} up to date, {sweep.Rejected} rejected{ReportText.HeldBack(sweep.Paused, ", ")}");
            _heldBack = sweep.Paused;
        }
    }

    /// <inheritdoc/>
    public void End(RunSummary summary)
    {
        foreach (var line in ReportText.Lines(summary))
        {
            Write(output, line);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool IsNew(string line)
    {
        lock (_lock)
        {
            return _blocked.Add(line);
        }
    }

    private void Write(TextWriter writer, string line)
    {
        lock (_lock)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }
}
