using System.CommandLine;
using System.Globalization;
using Azure;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline.Sweeps;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner status</c>: counts of the store.</summary>
internal static class StatusCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var prefix = PrefixOption.Create();
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand("status", "Counts the pictures by state. Also shows the length and age of the queue, and the length of the poison queue.")
        {
            Examples = [("captioner status --json", "For machines: images, described, rejected, failed, waiting, outOfDate, blocked, products, productsFailed, queueLength, oldestWait, poison, budget.")],
        };
        command.AddAll(prefix, store, reports);
        command.SetAction(async (parse, _) =>
        {
            var choice = store.Read(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenExistingAsync(choice, ErrorProgress.Instance, TimeProvider.System, signals.Stop);
            try
            {
                var status = await StoreStatus.ReadAsync(opened.Storage, parse.GetValue(prefix), TimeProvider.System, signals.Stop);
                await reports.WriteAsync(parse, status, CliJson.Lines.StoreStatus, Write);
                return ExitCode.Done;
            }
            catch (RequestFailedException error) when (error.Status == 404)
            {
                throw new UsageException(
                    $"The store has no queue '{choice.Names.CaptionsQueue}' or '{choice.Names.PoisonQueue}' yet: 'captioner up' and 'captioner sweep' create them. "
                    + "Or name another with --queue.",
                    error);
            }
        });
        return command;
    }

    private static string Share(string spent, string cap) => cap.Length > 0 ? $"{spent} of {cap}" : spent;

    private static void Write(StoreStatus status)
    {
        var table = new Table().RoundedBorder().HideHeaders().AddColumn("").AddColumn(new TableColumn("").RightAligned());
        table.AddRow("pictures", $"{status.Images}");
        table.AddRow("described", $"{status.Described}");
        table.AddRow("rejected", $"{status.Rejected}");
        table.AddRow("failed", $"{status.Failed}");
        table.AddRow("waiting", $"{status.Waiting}");
        table.AddRow("out of date", $"{status.OutOfDate}");
        table.AddRow("blocked", $"{status.Blocked}");
        if (status.Products + status.ProductsFailed > 0)
        {
            table.AddRow("products described", $"{status.Products}");
            table.AddRow("products without copy", $"{status.ProductsFailed}");
        }

        table.AddRow("in the queue", $"{status.QueueLength}");
        table.AddRow("oldest message", status.OldestWait is { } wait ? $"{wait.TotalSeconds:0} s" : "-");
        table.AddRow("in the poison queue", $"{status.Poison}");
        if (status.Budget is { } budget)
        {
            table.AddRow("sent today (UTC)", Share($"{budget.Pictures}", $"{budget.Caps.Pictures}"));
            table.AddRow("tokens today", Share($"{budget.Tokens}", $"{budget.Caps.Tokens}"));
            table.AddRow("spent today", Share(string.Create(CultureInfo.InvariantCulture, $"{budget.Money:0.00} {budget.Currency}"), string.Create(CultureInfo.InvariantCulture, $"{budget.Caps.Money}")));
            table.AddRow("sending", budget switch { { Paused: not null } => "paused", { Resumed: true } => "resumed by hand", _ => "goes on" });
        }

        AnsiConsole.Write(table);
        if (status.Budget?.Paused is { } why)
        {
            AnsiConsole.WriteLine($"Sending is paused. {why} It goes on at 00:00 UTC, or now with: captioner budget resume");
        }
    }
}
