using System.CommandLine;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>--profile</c>.</summary>
internal sealed class ProfileArgument : OptionGroup
{
    private readonly Option<string?> _profile = new("--profile", "-p")
    {
        Description = $"The profile, which says what to write: built in ({string.Join(", ", BuiltInProfiles.Names)}) or a JSON file. "
            + "Default: 'default', a full listing. "
            + "A _captioner.json in a folder of the container overrides it for that folder.",
        HelpName = "NAME|FILE",
    };

    /// <inheritdoc/>
    public override void AddTo(Command command) => command.Add(_profile);

    /// <summary>The profile.</summary>
    /// <exception cref="UsageException">There is no such profile, or its file is not valid.</exception>
    public Profile Read(ParseResult parse) => parse.GetValue(_profile) is { } given ? Find(given) : BuiltInProfiles.Default;

    /// <summary>A built-in profile, or else that of a file. Write <c>./default</c> for a file with the name of a built-in profile.</summary>
    /// <exception cref="UsageException">There is no such profile, or its file is not valid.</exception>
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
