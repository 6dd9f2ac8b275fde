using Spectre.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Chooses how a run is told.</summary>
internal static class RunReports
{
    /// <summary>True where a person watches a terminal that can be drawn on.</summary>
    public static bool IsLive(bool json) => !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    /// <summary>JSON lines where asked for, a live table on a terminal, else plain lines.</summary>
    public static IRunReport Create(bool json, RunTally tally, TimeProvider time) =>
        json ? new JsonReport(Console.Out, time)
        : IsLive(json) ? new LiveReport(AnsiConsole.Console, tally, time)
        : new PlainReport(Console.Out, Console.Error);
}
