using System.CommandLine;

namespace BlobCaptioner.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines that work as they stand, each followed by what it does.</summary>
    public required IReadOnlyList<(string Line, string What)> Examples { get; init; }
}
