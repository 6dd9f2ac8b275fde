using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Models;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;
using Xunit;

namespace BlobCaptioner.Tests.Models;

public sealed class TransferReportTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Report_OnATerminal_DrawsABarForEachFileAndTheNotices()
    {
        using var screen = new StringWriter();
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(screen),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 140;
        var report = new TransferReport(json: false, console, TextWriter.Null, TextWriter.Null, _time);
        await report.RunAsync(() =>
        {
            report.Report(At("a[b].gguf", 0));
            _time.Advance(TimeSpan.FromSeconds(5));
            report.Report(At("a[b].gguf", 500_000_000) with { Notice = "evil\u001b[2J [notice]" });
            report.Report(At("a[b].gguf", 1_000_000_000, 1_000_000_000));
            return Task.FromResult(0);
        });
        var text = screen.ToString();
        Assert.Contains("a[b].gguf: 1.00 GB, SHA-256 done", text, StringComparison.Ordinal);
        Assert.Contains("[notice]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[2J", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_ToAFile_WritesRateAndTimeLeftEveryTenSecondsAndCountsNothingThatWasThere()
    {
        using var errors = new StringWriter();
        var report = new TransferReport(json: false, terminal: null, TextWriter.Null, errors, _time);
        await report.RunAsync(() =>
        {
            report.Report(At("a.gguf", 400_000_000));
            for (var i = 1; i <= 20; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                report.Report(At("a.gguf", 400_000_000 + i * 10_000_000));
            }

            report.Report(At("a.gguf", 1_000_000_000, 900_000_000) with { Notice = "trying again" });
            return Task.FromResult(0);
        });
        Assert.Equal(
            [
                "a.gguf: 0.40 of 1.00 GB",
                "a.gguf: 0.50 of 1.00 GB, 10.0 MB/s, 50 s left",
                "a.gguf: 0.60 of 1.00 GB, 10.0 MB/s, 40 s left",
                "a.gguf: trying again",
            ],
            errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    private static ModelProgress At(string file, long present, long hashed = 0) =>
        new(file, 1_000_000_000, present, hashed);
}
