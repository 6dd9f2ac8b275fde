using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Reports a run on a terminal: a table that is updated in place, a progress bar and the last records.</summary>
internal sealed class LiveReport : IRunReport
{
    private const int RecentLines = 8;
    private const int BarWidth = 40;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly RunTally _tally;
    private readonly Queue<string> _recent = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Task _drawing;
    private string _step = "Starting";
    private RunSummary? _summary;

    public LiveReport(IAnsiConsole console, RunTally tally, TimeProvider time)
    {
        _console = console;
        _tally = tally;
        _time = time;
        _drawing = console.Live(Spectre.Console.Text.Empty).AutoClear(enabled: false).Overflow(VerticalOverflow.Ellipsis).StartAsync(DrawAsync);
    }

    /// <inheritdoc/>
    public void Report(string value)
    {
        lock (_lock)
        {
            _step = value;
        }
    }

    /// <inheritdoc/>
    public void Warn(string message) => Keep($"[yellow]{Markup.Escape(ReportText.Printable(message))}[/]");

    /// <inheritdoc/>
    public void Add(PipelineEvent step)
    {
        if (step.Kind is PipelineEventKind.Uploaded)
        {
            Report($"Uploaded {step.Name}");
        }
        else if (ReportText.Line(step) is { } line)
        {
            Keep(step.Kind switch
            {
                PipelineEventKind.Described => Markup.Escape(line),
                PipelineEventKind.Rejected or PipelineEventKind.Failed => $"[red]{Markup.Escape(line)}[/]",
                _ => $"[yellow]{Markup.Escape(line)}[/]",
            });
        }
    }

    /// <inheritdoc/>
    public void Add(SweepSummary sweep)
    {
    }

    /// <inheritdoc/>
    public void End(RunSummary summary) => _summary = summary;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _drawing;
        _over.Dispose();
        foreach (var line in _summary is null ? [] : ReportText.Lines(_summary))
        {
            _console.MarkupLineInterpolated($"{line}");
        }
    }

    private async Task DrawAsync(LiveDisplayContext display)
    {
        while (!_over.IsCancellationRequested)
        {
            display.UpdateTarget(Picture());
            await Task.Delay(Refresh, _time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        display.UpdateTarget(Picture());
    }

    private void Keep(string markup)
    {
        lock (_lock)
        {
            _recent.Enqueue(markup);
            if (_recent.Count > RecentLines)
            {
                _recent.Dequeue();
            }
        }
    }

    private Rows Picture()
    {
        var now = _tally.Read();
        var table = new Table().RoundedBorder().AddColumns("waiting", "in work", "described", "rejected", "failed", "pictures/min", "tokens/s", "time");
        table.AddRow(
            $"{now.Waiting}", $"{now.InWork}", $"[green]{now.Described}[/]", Colour(now.Rejected), Colour(now.Failed),
            $"{now.RecentPerMinute:0}", $"{now.TokensPerSecond:0}", $"{now.Elapsed:hh\\:mm\\:ss}");
        var filled = (int)Math.Round(now.Progress * BarWidth);
        var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {now.Progress:0%}";
        lock (_lock)
        {
            List<IRenderable> rows = [table, new Markup(bar)];
            rows.AddRange(_recent.Select(line => new Markup(line) { Overflow = Overflow.Ellipsis }));
            rows.Add(new Markup($"[grey]{Markup.Escape(ReportText.Printable(_step))}[/]") { Overflow = Overflow.Ellipsis });
            return new(rows);
        }
    }

    private static string Colour(long count) => count > 0 ? $"[red]{count}[/]" : "0";
}
