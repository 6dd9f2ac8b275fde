using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>--profile</c>.</summary>
internal sealed class ProfileArgument
{
    private readonly Option<string?> _profile = new("--profile", "-p")
    {
        Description = $"What to write about the pictures: a built-in profile ({string.Join(", ", BuiltInProfiles.Names)}) or a JSON file. "
            + "Default: 'default', a full listing. "
            + "A _captioner.json in a folder of the container decides for that folder.",
        HelpName = "NAME|FILE",
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_profile);

    /// <summary>The profile.</summary>
    /// <exception cref="UsageException">There is none of that name, or the file can't be used.</exception>
    public Profile Read(ParseResult parse) => parse.GetValue(_profile) is { } given ? Find(given) : BuiltInProfiles.Default;

    /// <summary>A built-in profile, or that of a file; names come first, so write <c>./default</c> for a file of that name.</summary>
    /// <exception cref="UsageException">There is none of that name, or the file can't be used.</exception>
    public static Profile Find(string nameOrFile)
    {
        if (BuiltInProfiles.Find(nameOrFile) is { } builtIn)
        {
            return builtIn;
        }

        if (!File.Exists(nameOrFile))
        {
            throw new UsageException($"There is no profile '{nameOrFile}'. Built in: {string.Join(", ", BuiltInProfiles.Names)}; or name a JSON file.");
        }

        try
        {
            return ProfileReader.ReadFile(nameOrFile);
        }
        catch (ProfileException error)
        {
            throw new UsageException(error.Message, error);
        }
    }
}
