using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>What to write; section <c>Captioning</c>.</summary>
public sealed record CaptioningSettings
{
    /// <summary>The section's key.</summary>
    public const string Section = "Captioning";

    /// <summary>A built-in profile's name (<see cref="BuiltInProfiles.Names"/>), or the path of a profile file. Default <c>default</c>.</summary>
    [Required]
    public string Profile { get; init; } = BuiltInProfiles.Default.Name;

    /// <summary>The profile.</summary>
    /// <exception cref="SettingsException">There is none of that name, or the file can't be used.</exception>
    public Profile FindProfile()
    {
        if (BuiltInProfiles.Find(Profile) is { } builtIn)
        {
            return builtIn;
        }

        var setting = $"'{SettingsReader.Variable($"{Section}:{nameof(Profile)}")}' is '{Profile}'";
        if (!File.Exists(Profile))
        {
            throw new SettingsException($"{setting}; there is no such profile. Set it to one of: {string.Join(", ", BuiltInProfiles.Names)}; or to a profile file.");
        }

        try
        {
            return ProfileReader.ReadFile(Profile);
        }
        catch (ProfileException error)
        {
            throw new SettingsException($"{setting}, which can't be used. {error.Message}", error);
        }
    }
}
