using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>What to write; configuration section <c>Captioning</c>.</summary>
public sealed record CaptioningOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Captioning";

    /// <summary>A built-in profile's name (<see cref="BuiltInProfiles.Names"/>), or the path of a profile file.</summary>
    /// <value>Default <c>default</c>.</value>
    [Required]
    public string Profile { get; init; } = BuiltInProfiles.Default.Name;

    /// <summary>Reads the profile.</summary>
    /// <exception cref="SettingsException">There is none of that name, or the file can't be used.</exception>
    public Profile FindProfile()
    {
        if (BuiltInProfiles.Find(Profile) is { } builtIn)
        {
            return builtIn;
        }

        var setting = $"'{Section}__{nameof(Profile)}' is '{Profile}'.";
        if (!File.Exists(Profile))
        {
            throw new SettingsException($"{setting} There is no such profile. Set it to one of: {string.Join(", ", BuiltInProfiles.Names)}; or to a profile file.");
        }

        try
        {
            return ProfileReader.ReadFile(Profile);
        }
        catch (ProfileException error)
        {
            throw new SettingsException($"{setting} The file can't be used: {error.Message}", error);
        }
    }
}

/// <summary>Checks <see cref="CaptioningOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class CaptioningOptionsValidator : IValidateOptions<CaptioningOptions>;
