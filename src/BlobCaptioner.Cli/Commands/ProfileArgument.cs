using System.CommandLine;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>--profile</c>.</summary>
internal sealed class ProfileArgument
{
    private readonly Option<string> _name = new("--profile", "-p")
    {
        Description = $"What to write about the pictures. Built in: {string.Join(", ", BuiltInProfiles.All.Select(p => p.Name))}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => BuiltInProfiles.Sample.Name,
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_name);

    /// <summary>The profile.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public Profile Read(ParseResult parse)
    {
        var name = parse.GetRequiredValue(_name);
        return BuiltInProfiles.All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal))
            ?? throw new UsageException($"There is no profile '{name}'. Built in: {string.Join(", ", BuiltInProfiles.All.Select(p => p.Name))}.");
    }
}
