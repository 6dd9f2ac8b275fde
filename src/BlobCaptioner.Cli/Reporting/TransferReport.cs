using System.Text.Json;
using BlobCaptioner.Models;
using Spectre.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Tells how far files are: bars on a terminal, JSON lines for machines, a line every ten seconds for logs. Lines of people go to stderr.</summary>
internal sealed class TransferReport(bool json, IAnsiConsole? terminal, TextWriter output, TextWriter errors, TimeProvider time) : IProgress<ModelProgress>
{
    private readonly Lock _lock = new();
    private readonly TransferRate _rate = new(time);
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);
    private ProgressContext? _context;
    private string? _file;
    private long _last;
    private long _told;

    /// <summary>Reports as fits where it goes: bars on a terminal, lines elsewhere.</summary>
    /// <param name="json">True for JSON lines to stdout.</param>
    /// <param name="output">Takes the JSON lines.</param>
    public static TransferReport Create(bool json, TextWriter output) =>
        new(json, RunReports.IsLive(json) ? AnsiConsole.Console : null, output, Console.Error, TimeProvider.System);

    /// <summary>Runs something that reports here.</summary>
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
            // after the download the hash may still have a way to go; a check of a file that is there is all hash
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
            else if (isNew || isDone || value.Notice is not null || time.GetElapsedTime(_told) >= TimeSpan.FromSeconds(json ? 1 : 10))
            {
                _told = time.GetTimestamp();
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
            terminal!.MarkupLineInterpolated($"[yellow]{RecordText.Printable(notice)}[/]");
        }
    }

    private void Write(ModelProgress value, long at, bool isHashing)
    {
        if (!json)
        {
            errors.WriteLine(value.Notice is { } notice ? $"{value.File}: {RecordText.Printable(notice)}" : Line(value, at, isHashing));
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
            CliJson.Lines.ModelLine));
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
