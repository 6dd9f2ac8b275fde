using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner budget</c>: goes on although the day's budget is reached.</summary>
internal static class BudgetCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("budget", "Resumes sending after the day's budget (Budget__PerDay__...) was reached. 'status' shows the budget.")
    {
        CreateResume(),
    };

    private static ExampleCommand CreateResume()
    {
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand("resume", "Lifts the caps until the day ends, 00:00 UTC. Running workers, functions and pages see it within seconds.")
        {
            Examples = [("captioner budget resume", "Sends pictures today although the budget is reached. A running 'captioner up' or the next sweep takes them up.")],
        };
        command.AddAll(store, reports);
        command.SetAction(async (parse, _) =>
        {
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenExistingAsync(store.Read(parse), ErrorProgress.Instance, TimeProvider.System, signals.Stop);
            var resumed = await BudgetStatus.ResumeAsync(opened.Storage, TimeProvider.System, signals.Stop);
            await reports.WriteAsync(parse, new BudgetResult(resumed), CliJson.Lines.BudgetResult, result => Console.Out.WriteLine(result.Resumed
                ? "The day's budget is lifted until 00:00 UTC. The next sweep sends the pictures that were held back."
                : "Nothing was counted today: no budget is set, or nothing was sent. Nothing was changed."));
            return ExitCode.Done;
        });
        return command;
    }
}

/// <summary>The result of <c>captioner budget resume</c>.</summary>
/// <param name="Resumed">False where nothing was counted today, so that nothing can be paused.</param>
internal sealed record BudgetResult(bool Resumed);
