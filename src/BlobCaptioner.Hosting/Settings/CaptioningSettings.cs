using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>What to write; section <c>Captioning</c>.</summary>
public sealed record CaptioningSettings
{
    /// <summary>The section's key.</summary>
    public const string Section = "Captioning";

    /// <summary>The profile's name. Default <c>default</c>; <see cref="BuiltInProfiles.All"/> lists them.</summary>
    [Required]
    public string Profile { get; init; } = BuiltInProfiles.Default.Name;

    /// <summary>The profile of that name.</summary>
    /// <exception cref="SettingsException">There is none.</exception>
    public Profile FindProfile()
    {
        try
        {
            return BuiltInProfiles.Get(Profile);
        }
        catch (ArgumentException error)
        {
            throw new SettingsException(
                $"'{SettingsReader.Variable($"{Section}:{nameof(Profile)}")}' is '{Profile}'; there is no such profile. "
                + $"Set it to one of: {string.Join(", ", BuiltInProfiles.All.Select(p => p.Name))}.",
                error);
        }
    }
}
