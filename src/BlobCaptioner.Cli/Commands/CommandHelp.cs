using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace BlobCaptioner.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines that work as they stand, each with its effect.</summary>
    public required IReadOnlyList<(string Line, string Effect)> Examples { get; init; }
}

/// <summary>The library's help, followed by examples and exit codes. The root's help lists the commands in groups instead, on one screen.</summary>
internal sealed class CommandHelp(HelpAction help, IReadOnlyList<(string Title, Command[] Commands)> groups) : SynchronousCommandLineAction
{
    private const int NameWidth = 10;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is RootCommand root)
        {
            WriteGroups(root, output);
        }
        else
        {
            help.Invoke(parseResult);
        }

        if (parseResult.CommandResult.Command is ExampleCommand command)
        {
            output.WriteLine("Examples:");
            foreach (var (line, effect) in command.Examples)
            {
                output.WriteLine($"  {line}");
                output.WriteLine($"      {effect}");
            }

            output.WriteLine();
        }

        output.WriteLine("Exit codes:");
        output.WriteLine("  0  everything was done");
        output.WriteLine("  1  the command ran, but some pictures were rejected or failed, or not everything was done");
        output.WriteLine("  2  the command could not run: wrong use, or something is missing that the message names");
        return 0;
    }

    private void WriteGroups(RootCommand root, TextWriter output)
    {
        output.WriteLine(root.Description);
        output.WriteLine();
        output.WriteLine($"Usage: {root.Name} COMMAND [options]");
        foreach (var (title, commands) in groups)
        {
            output.WriteLine();
            output.WriteLine(title);
            foreach (var command in commands)
            {
                output.WriteLine($"  {command.Name.PadRight(NameWidth)}{FirstSentence(command.Description ?? "")}");
            }
        }

        output.WriteLine();
        output.WriteLine($"'{root.Name} COMMAND --help' shows a command's options and examples; '{root.Name} --version' shows the version.");
        output.WriteLine();
    }

    private static string FirstSentence(string text) => text.IndexOf(". ", StringComparison.Ordinal) is >= 0 and var end ? text[..(end + 1)] : text;
}
