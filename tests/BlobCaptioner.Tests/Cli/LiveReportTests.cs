using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class LiveReportTests
{
    [Fact]
    public async Task DisposeAsync_AfterARun_ShowsCountsNamesAndTheSummary()
    {
        var time = new FakeTimeProvider();
        var tally = new RunTally(time);
        using var screen = new StringWriter();
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(screen),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 140;
        await using (var report = new LiveReport(console, tally, time))
        {
            report.Report("Loading [the] model");
            Tell(report, tally, PipelineEventKind.Enqueued, "a[b].jpg");
            Tell(report, tally, PipelineEventKind.Started, "a[b].jpg");
            time.Advance(TimeSpan.FromSeconds(6));
            Tell(report, tally, PipelineEventKind.Described, "a[b].jpg");
            Tell(report, tally, PipelineEventKind.Rejected, "evil\u001b[2J.jpg");
            report.End(RunSummary.Of(tally.Read(), store: null));
        }

        var text = screen.ToString();
        Assert.Contains("a[b].jpg", text, StringComparison.Ordinal);
        Assert.Contains("Loading [the] model", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[2J.jpg", text, StringComparison.Ordinal);
        Assert.Contains("100", text, StringComparison.Ordinal);
        Assert.Contains("1 described, 1 rejected, 0 failed in 6.0 s; 10 pictures/min", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AJobThatIsDroppedBeforeItStarts_LeavesNothingInWork()
    {
        var tally = new RunTally(new FakeTimeProvider());
        foreach (var (kind, name) in new[]
        {
            (PipelineEventKind.Enqueued, "a"), (PipelineEventKind.Enqueued, "b"), (PipelineEventKind.Started, "a"),
            (PipelineEventKind.Dropped, "b"), (PipelineEventKind.Retried, "a"), (PipelineEventKind.Started, "a"),
        })
        {
            tally.Add(Step(kind, name));
        }

        var now = tally.Read();
        Assert.Equal((0, 1), (now.Waiting, now.InWork));
        tally.Add(Step(PipelineEventKind.Failed, "a"));
        now = tally.Read();
        Assert.Equal((0, 0, 1, 1.0), (now.Waiting, now.InWork, now.Failed, now.Progress));
    }

    private static void Tell(LiveReport report, RunTally tally, PipelineEventKind kind, string name)
    {
        tally.Add(Step(kind, name));
        report.Add(Step(kind, name));
    }

    private static PipelineEvent Step(PipelineEventKind kind, string name) => new()
    {
        Kind = kind,
        Name = name,
        At = default,
        Error = kind == PipelineEventKind.Rejected ? new RecordError("not-an-image", "No.", "Remove it.") : null,
    };
}
