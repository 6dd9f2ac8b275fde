using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace BlobCaptioner.Cli.Commands;

/// <summary>The library's help, followed by the command's examples and the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is ExampleCommand command)
        {
            output.WriteLine("Examples:");
            foreach (var (line, what) in command.Examples)
            {
                output.WriteLine($"  {line}");
                output.WriteLine($"      {what}");
            }

            output.WriteLine();
        }

        output.WriteLine("Exit codes:");
        output.WriteLine("  0  done");
        output.WriteLine("  1  it ran, but some pictures were rejected or failed, or not everything could be done");
        output.WriteLine("  2  it could not run: wrong use, or something is missing (the message says what to do)");
        return result;
    }
}
