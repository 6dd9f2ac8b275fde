using System.CommandLine;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options that several commands share, and how their values are read.</summary>
internal abstract class OptionGroup
{
    /// <summary>Adds the options to a command.</summary>
    public abstract void AddTo(Command command);
}

/// <summary>A part of a command: an argument, an option or a group of options.</summary>
/// <param name="AddTo">Adds it to a command.</param>
internal readonly record struct CommandPart(Action<Command> AddTo)
{
    public static implicit operator CommandPart(Argument argument) => new(command => command.Add(argument));

    public static implicit operator CommandPart(Option option) => new(command => command.Add(option));

    public static implicit operator CommandPart(OptionGroup group) => new(group.AddTo);
}

/// <summary>Adds parts to a command.</summary>
internal static class CommandParts
{
    /// <summary>Adds all parts, in the order in which help shows them.</summary>
    public static void AddAll(this Command command, params ReadOnlySpan<CommandPart> parts)
    {
        foreach (var part in parts)
        {
            part.AddTo(command);
        }
    }
}
