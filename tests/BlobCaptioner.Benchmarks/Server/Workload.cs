using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Benchmarks.Server;

/// <summary>A profile to measure.</summary>
/// <param name="Name">W1 to W4.</param>
/// <param name="What">In words.</param>
/// <param name="Profile">The fields.</param>
internal sealed record Workload(string Name, string What, Profile Profile)
{
    /// <summary>All, as the profiles are.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("W1", "default profile, one language", BuiltIn("default", "en")),
        new("W2", "default profile, three languages", BuiltIn("default", "en", "de", "zh")),
        new("W3", "alt text only", BuiltIn("alt-text", "en")),
        new("W4", "attributes only", OnlyAttributes(BuiltIn("default", "en"))),
    ];

    /// <summary>With texts of exactly the advised lengths and lists of the most items, for a model whose words are noise: it would end them anywhere.</summary>
    public Workload AtAdvisedLengths() => this with
    {
        Profile = Profile with
        {
            Fields = [.. Profile.Fields.Select(f => f with { MaxCharacters = f.AdvisedCharacters ?? f.MaxCharacters, MinItems = f.MaxItems })],
        },
    };

    private static Profile BuiltIn(string name, params string[] languages) =>
        BuiltInProfiles.Find(name)! with { Languages = [.. languages.Select(l => new ProfileLanguage(l))] };

    private static Profile OnlyAttributes(Profile profile) =>
        profile with { Name = "attributes", Fields = [.. profile.Fields.Where(f => f.IsAttribute)] };
}
