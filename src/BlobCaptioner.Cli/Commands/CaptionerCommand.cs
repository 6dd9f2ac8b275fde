using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Azure;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Inference;
using BlobCaptioner.Models;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary>The command <c>captioner</c>: its subcommands, and how what goes wrong becomes a message and an exit code.</summary>
internal static class CaptionerCommand
{
    /// <summary>Runs it.</summary>
    /// <returns>0, 1 or 2 (<see cref="ExitCode"/>).</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (OperatingSystem.IsWindows())
        {
            // Its consoles and pipes have a code page of their own, which has no place for every language; and JSON is UTF-8.
            Console.OutputEncoding = Encoding.UTF8;
        }

        var parse = Create().Parse(args);
        if (parse.Action is ParseErrorAction wrong)
        {
            wrong.ShowHelp = args.Length == 0;
            wrong.Invoke(parse);
            await Console.Error.WriteLineAsync($"See: captioner {parse.CommandResult.Command switch
            {
                RootCommand => "",
                var command => command.Name + " ",
            }}--help");
            return ExitCode.BadUse;
        }

        TerminalWriter.Install();
        if (Console.IsOutputRedirected)
        {
            // a file has no right margin
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
        var root = new RootCommand(
            "Describes product pictures: drop them into a blob container, and JSON with title, attributes and more appears beside each. " +
            "Runs on this machine with Azurite and llama.cpp, or against an Azure storage account.")
        {
            UpCommand.Create(),
            WebCommand.Create(),
            WorkCommand.Create(),
            SweepCommand.Create(),
            RedoCommand.Create(),
            UploadCommand.Create(),
            StatusCommand.Create(),
            EstimateCommand.Create(),
            DescribeCommand.Create(),
            AskCommand.Create(),
            ExportCommand.Create(),
            EvalCommand.Create(),
            DoctorCommand.Create(),
            BenchCommand.Create(),
            ModelCommand.Create(),
            ProfileCommand.Create(),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        }

        return root;
    }

    /// <summary>The message for what a user can put right; null for bugs, which keep their stack trace.</summary>
    private static string? Explain(Exception error) => error switch
    {
        UsageException or ModelException or ProfileException or LocalStackException or SequenceDecoderException or ValidationException or OptionsValidationException => error.Message,
        CaptionException caption => $"{caption.Message} {caption.Remedy}",
        RequestFailedException { Status: > 0 } refused => $"Storage refused with {refused.Status} {refused.ErrorCode}: {refused.Message.Split('\n')[0]}",
        RequestFailedException lost => $"Storage can't be reached: {lost.Message.Split('\n')[0]}",
        AggregateException { InnerException: RequestFailedException lost } =>
            $"Storage can't be reached: {lost.Message.Split('\n')[0]} Check --connection, or leave it out to use a local Azurite.",
        _ => null,
    };
}
