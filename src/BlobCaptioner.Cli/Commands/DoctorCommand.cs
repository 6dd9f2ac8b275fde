using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner doctor</c>: what is here and what is missing.</summary>
internal static class DoctorCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var (engine, profile, reports) = (new EngineArguments(), new ProfileArgument(), new OutputArguments());
        var command = new ExampleCommand(
            "doctor",
            "Checks what captioner needs on this machine, and names the command that installs what is missing. Changes nothing. " +
            "The exit code is 1 if something is missing. With --model it says whether the model fits into memory, with how many slots, and what to change if it does not.")
        {
            Examples =
            [
                ("captioner doctor --json", "For machines: an array of name, state (ok, laterByItself, missing), found and remedy."),
                ("captioner doctor --model Qwen3VL-8B-Instruct-Q4_K_M.gguf --mmproj mmproj-F16.gguf --slots 8", "Checks whether your model fits into memory."),
            ],
        };
        command.AddAll(engine, profile, reports);
        command.SetAction(async (parse, cancellationToken) =>
        {
            IReadOnlyList<Requirement> found =
            [
                .. await MachineCheck.RunAsync(cancellationToken),
                .. engine.Read(parse) is { Model: not null } choice ? [MemoryCheck.Run(choice, profile.Read(parse))] : (IReadOnlyList<Requirement>)[],
            ];
            await reports.WriteAsync(parse, found, CliJson.Lines.IReadOnlyListRequirement, Write);
            return found.Any(f => f.State == RequirementState.Missing) ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static void Write(IReadOnlyList<Requirement> found)
    {
        foreach (var item in found)
        {
            var (word, colour) = item.State switch
            {
                RequirementState.Ok => ("ok", "green"),
                RequirementState.LaterByItself => ("later", "blue"),
                _ => ("missing", "red"),
            };
            AnsiConsole.MarkupLine($"[{colour}]{word,-8}[/]{Markup.Escape(item.Name)}: {Markup.Escape(item.Found)}");
            if (item.Remedy is { } remedy)
            {
                AnsiConsole.MarkupLine($"        {Markup.Escape(remedy)}");
            }
        }
    }
}
