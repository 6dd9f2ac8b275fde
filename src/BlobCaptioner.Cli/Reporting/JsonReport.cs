using System.Text.Json;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>One JSON object a line; the last one is the summary.</summary>
internal sealed class JsonReport(TextWriter output, TimeProvider time) : IRunReport
{
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public void Report(string value) => Write(new() { Event = "setup", At = time.GetUtcNow(), Message = value });

    /// <inheritdoc/>
    public void Warn(string message) => Write(new() { Event = "warning", At = time.GetUtcNow(), Message = message });

    /// <inheritdoc/>
    public void Add(PipelineEvent step) => Write(new()
    {
        Event = JsonNamingPolicy.CamelCase.ConvertName(step.Kind.ToString()),
        At = step.At,
        Name = step.Name,
        ElapsedMs = step.Elapsed is { } elapsed ? Math.Round(elapsed.TotalMilliseconds, 1) : null,
        Error = step.Error,
        Record = step.Record,
    });

    /// <inheritdoc/>
    public void Add(SweepSummary sweep) => Write(new() { Event = "swept", At = time.GetUtcNow(), Sweep = sweep });

    /// <inheritdoc/>
    public void End(RunSummary summary) => Write(new() { Event = "summary", At = time.GetUtcNow(), Summary = summary });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(ReportLine line)
    {
        var text = JsonSerializer.Serialize(line, CliJson.Lines.ReportLine);
        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
