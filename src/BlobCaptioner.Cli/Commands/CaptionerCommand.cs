using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Azure;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Inference;
using BlobCaptioner.Models;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary>The command <c>captioner</c>: its subcommands, and the messages and exit codes of errors.</summary>
internal static class CaptionerCommand
{
    /// <summary>Parses and runs a command line.</summary>
    /// <returns>0, 1 or 2 (<see cref="ExitCode"/>).</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        if (OperatingSystem.IsWindows())
        {
            // The code pages of Windows' consoles and pipes lack many languages, and JSON is UTF-8.
            Console.OutputEncoding = Encoding.UTF8;
        }

        var parse = root.Parse(args);
        if (parse.Action is ParseErrorAction error)
        {
            error.ShowHelp = args.Length == 0;
            error.Invoke(parse);
            await Console.Error.WriteLineAsync($"See: {PathOf(parse.CommandResult)} --help");
            return ExitCode.BadUse;
        }

        TerminalWriter.Install();
        if (Console.IsOutputRedirected)
        {
            // the lines of a file are not wrapped
            AnsiConsole.Profile.Width = 1000;
        }

        try
        {
            return await parse.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception ex) when (Explain(ex) is { } message)
        {
            await Console.Error.WriteLineAsync(message);
            return ExitCode.BadUse;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return ExitCode.SomeFailed;
        }
    }

    /// <summary>The command with all its subcommands.</summary>
    public static RootCommand Create()
    {
        (string Title, Command[] Commands)[] groups =
        [
            ("Run", [UpCommand.Create(), WebCommand.Create(), WorkCommand.Create()]),
            ("Fill and check the store", [UploadCommand.Create(), SweepCommand.Create(), RedoCommand.Create(), StatusCommand.Create(), WhyCommand.Create(), EstimateCommand.Create(), BudgetCommand.Create()]),
            ("Use the results", [ExportCommand.Create(), EvalCommand.Create()]),
            ("Try single pictures, without a store", [DescribeCommand.Create(), AskCommand.Create()]),
            ("Set up", [DoctorCommand.Create(), ModelCommand.Create(), ProfileCommand.Create(), BenchCommand.Create()]),
        ];
        return CreateRoot(
            "Describes product pictures: drop them into a blob container, and JSON with title, attributes and more appears beside each. " +
            "Runs on this machine with Azurite and llama.cpp, or on an Azure storage account.",
            groups);
    }

    /// <summary>A root command whose help lists its subcommands in groups.</summary>
    public static RootCommand CreateRoot(string description, IReadOnlyList<(string Title, Command[] Commands)> groups)
    {
        var root = new RootCommand(description);
        foreach (var command in groups.SelectMany(g => g.Commands))
        {
            root.Add(command);
        }

        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new CommandHelp((HelpAction)option.Action!, groups);
        }

        return root;
    }

    /// <summary>The message of an error that a user can put right; null for bugs, which keep their stack trace.</summary>
    internal static string? Explain(Exception error) => error switch
    {
        UsageException or ModelException or ProfileException or LocalStackException or SequenceDecoderException or ValidationException or OptionsValidationException => error.Message,
        CaptionException caption => $"{caption.Message} {caption.Remedy}",
        RequestFailedException { Status: > 0 } refused => $"Storage refused with {refused.Status} {refused.ErrorCode}: {refused.Message.Split('\n')[0]}",
        RequestFailedException lost => $"Storage can't be reached: {lost.Message.Split('\n')[0]}",
        // The SDK's several tries; each had no answer at all, or none in time.
        AggregateException { InnerException: (RequestFailedException or OperationCanceledException) and var lost } =>
            $"Storage can't be reached: {lost.Message.Split('\n')[0]} Check --connection, or leave it out to use a local Azurite.",
        _ => null,
    };

    private static string PathOf(CommandResult command) => command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;
}
