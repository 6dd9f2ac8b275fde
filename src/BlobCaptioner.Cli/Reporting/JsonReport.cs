using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Reports a run as JSON Lines. The last line is the summary.</summary>
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
        var text = JsonSerializer.Serialize(line, ReportJson.Lines.ReportLine);
        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}

/// <summary>One line of <c>--json</c> output.</summary>
internal sealed record ReportLine
{
    /// <summary>The event: a <see cref="PipelineEventKind"/> in camelCase, <c>setup</c>, <c>swept</c>, <c>warning</c> or <c>summary</c>.</summary>
    public required string Event { get; init; }

    /// <summary>Time, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The image's name.</summary>
    public string? Name { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>Duration of the step, in milliseconds.</summary>
    public double? ElapsedMs { get; init; }

    /// <summary>Why it failed.</summary>
    public RecordError? Error { get; init; }

    /// <summary>The record that was written.</summary>
    public CaptionRecord? Record { get; init; }

    /// <summary>The result of a sweep.</summary>
    public SweepSummary? Sweep { get; init; }

    /// <summary>The result of the run.</summary>
    public RunSummary? Summary { get; init; }
}

/// <summary>JSON of the reports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ModelLine))]
[JsonSerializable(typeof(ReportLine))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>One object a line, without nulls and with non-ASCII text unescaped.</summary>
    public static ReportJson Lines => field ??= new(OfLines(Default.Options));

    /// <summary>The options of <see cref="Lines"/>, for a context's own.</summary>
    public static JsonSerializerOptions OfLines(JsonSerializerOptions options) => new(options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
