using System.Text.Json;
using BlobCaptioner.Models;
using Spectre.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Reports the progress of model files: bars on a terminal, JSON lines to stdout, or a line every ten seconds to stderr.</summary>
internal sealed class TransferReport(bool json, IAnsiConsole? terminal, TextWriter output, TextWriter errors, TimeProvider time) : IProgress<ModelProgress>
{
    private readonly Lock _lock = new();
    private readonly TransferRate _rate = new(time);
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);
    private ProgressContext? _context;
    private string? _file;
    private long _last;
    private long _writtenAt;

    /// <summary>A report with bars on a terminal, and lines elsewhere.</summary>
    /// <param name="json">True for JSON lines to stdout.</param>
    /// <param name="output">Receives the JSON lines.</param>
    public static TransferReport Create(bool json, TextWriter output) =>
        new(json, RunReports.IsLive(json) ? AnsiConsole.Console : null, output, Console.Error, TimeProvider.System);

    /// <summary>Runs work that reports its progress here.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        if (terminal is null)
        {
            return await work();
        }

        return await terminal.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                _context = context;
                return await work();
            });
    }

    /// <inheritdoc/>
    public void Report(ModelProgress value)
    {
        lock (_lock)
        {
            // hashing may go on after the download; checking a present file is hashing only
            var isHashing = value.PresentBytes == value.TotalBytes;
            var at = isHashing ? value.CheckedBytes : value.PresentBytes;
            if (value.File != _file || at < _last)
            {
                _rate.Reset();
            }

            var isNew = value.File != _file;
            (_file, _last) = (value.File, at);
            _rate.Add(at);
            var isDone = isHashing && value.CheckedBytes == value.TotalBytes;
            if (_context is not null)
            {
                Draw(value, at, isHashing);
            }
            else if (isNew || isDone || value.Notice is not null || time.GetElapsedTime(_writtenAt) >= TimeSpan.FromSeconds(json ? 1 : 10))
            {
                _writtenAt = time.GetTimestamp();
                Write(value, at, isHashing);
            }
        }
    }

    private void Draw(ModelProgress value, long at, bool isHashing)
    {
        if (!_bars.TryGetValue(value.File, out var bar))
        {
            bar = _context!.AddTask(Markup.Escape(value.File), maxValue: value.TotalBytes);
            _bars.Add(value.File, bar);
        }

        bar.Value = at;
        bar.Description = Markup.Escape(Line(value, at, isHashing));
        if (value.Notice is { } notice)
        {
            terminal!.MarkupLineInterpolated($"[yellow]{ReportText.Printable(notice)}[/]");
        }
    }

    private void Write(ModelProgress value, long at, bool isHashing)
    {
        if (!json)
        {
            errors.WriteLine(value.Notice is { } notice ? $"{value.File}: {ReportText.Printable(notice)}" : Line(value, at, isHashing));
            return;
        }

        output.WriteLine(JsonSerializer.Serialize(
            new ModelLine
            {
                Event = value.Notice is null ? "progress" : "notice",
                File = value.File,
                TotalBytes = value.TotalBytes,
                PresentBytes = value.PresentBytes,
                CheckedBytes = value.CheckedBytes,
                BytesPerSecond = (long?)_rate.BytesPerSecond,
                SecondsLeft = _rate.TimeFor(value.TotalBytes - at)?.TotalSeconds,
                Notice = value.Notice,
            },
            ReportJson.Lines.ModelLine));
        output.Flush();
    }

    private string Line(ModelProgress value, long at, bool isHashing)
    {
        var rate = _rate.BytesPerSecond is { } bytes ? $", {bytes / 1e6:0.0} MB/s" : "";
        var left = _rate.TimeFor(value.TotalBytes - at) is { } time ? $", {TimeText(time)} left" : "";
        return at == value.TotalBytes && isHashing
            ? $"{value.File}: {value.TotalBytes / 1e9:0.00} GB, SHA-256 done"
            : $"{value.File}: {(isHashing ? "checking " : "")}{at / 1e9:0.00} of {value.TotalBytes / 1e9:0.00} GB{rate}{left}";
    }

    private static string TimeText(TimeSpan time) => time < TimeSpan.FromMinutes(1) ? $"{time.TotalSeconds:0} s"
        : time < TimeSpan.FromHours(1) ? $"{time.Minutes}:{time.Seconds:00} min"
        : $"{(long)time.TotalHours}:{time.Minutes:00} h";
}

/// <summary>Measures bytes a second over the last ten seconds. Bytes present at the start do not count.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private readonly Queue<(long At, long Bytes)> _samples = new();

    /// <summary>Bytes a second; null in the first second.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <summary>Adds the current number of bytes.</summary>
    public void Add(long bytes)
    {
        var now = time.GetTimestamp();
        _samples.Enqueue((now, bytes));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > s_window)
        {
            _samples.Dequeue();
        }

        var (at, first) = _samples.Peek();
        var elapsed = time.GetElapsedTime(at, now);
        BytesPerSecond = elapsed >= s_least ? Math.Max(0, bytes - first) / elapsed.TotalSeconds : null;
    }

    /// <summary>Starts over.</summary>
    public void Reset()
    {
        _samples.Clear();
        BytesPerSecond = null;
    }

    /// <summary>Time for a number of bytes at this rate; null if nothing arrives.</summary>
    public TimeSpan? TimeFor(long bytes) => BytesPerSecond is > 0 and var rate ? TimeSpan.FromSeconds(bytes / rate) : null;
}

/// <summary>A JSON line of <c>captioner model pull</c> and <c>verify</c>.</summary>
internal sealed record ModelLine
{
    /// <summary><c>progress</c>, <c>notice</c> or <c>done</c>.</summary>
    public required string Event { get; init; }

    /// <summary>Name of the file.</summary>
    public string? File { get; init; }

    /// <summary>Length of the file.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes on disk.</summary>
    public long? PresentBytes { get; init; }

    /// <summary>Bytes hashed.</summary>
    public long? CheckedBytes { get; init; }

    /// <summary>Bytes a second over the last ten seconds.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Seconds left at that rate.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>A message for people.</summary>
    public string? Notice { get; init; }

    /// <summary>At the end: full path of the language model.</summary>
    public string? Model { get; init; }

    /// <summary>At the end: full path of its vision part.</summary>
    public string? Mmproj { get; init; }
}
