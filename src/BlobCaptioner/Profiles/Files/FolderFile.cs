using System.Runtime.CompilerServices;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A <c>_captioner.json</c> that was read, with the profiles that it makes of others: pictures under it share one instance.</summary>
internal sealed class FolderFile(ProfileFile file)
{
    private static readonly Profile s_none = new() { Name = "none", Fields = [] };

    private readonly ConditionalWeakTable<Profile, Outcome> _outcomes = [];

    /// <summary>The profile that it names; null for none.</summary>
    public string? BaseName => file.BaseName;

    /// <summary>Where <see cref="BaseName"/> stands.</summary>
    public string BasePath => file.BasePath;

    /// <summary>What it makes of a profile.</summary>
    public Outcome Apply(Profile basis) => _outcomes.GetValue(file.IsComplete ? s_none : basis, key =>
    {
        try
        {
            return new(file.Apply(ReferenceEquals(key, s_none) ? null : key), []);
        }
        catch (ProfileException error)
        {
            return new(null, error.Problems);
        }
    });

    /// <summary>A profile, or what is wrong.</summary>
    public sealed record Outcome(Profile? Profile, IReadOnlyList<string> Problems);
}
