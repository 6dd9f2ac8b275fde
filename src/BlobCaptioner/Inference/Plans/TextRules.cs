using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Plans;

/// <summary>What the free texts of one language must be like.</summary>
internal sealed record TextRules
{
    /// <summary>The language's script; null where it says nothing about it.</summary>
    public required ScriptCheck? Script { get; init; }

    /// <summary>Words that must not be there.</summary>
    public required BannedWords Banned { get; init; }

    /// <summary>The prompt, which must not be repeated.</summary>
    public required PromptEcho Echo { get; init; }

    /// <summary>The rules of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="language">BCP 47; null where only attributes are written.</param>
    public static TextRules For(Profile profile, string? language) => new()
    {
        Script = language is null ? null : ScriptCheck.For(language),
        Banned = BannedWords.Create(profile.Avoid),
        Echo = PromptEcho.Create($"{profile.System}\n{profile.Instruction}"),
    };
}
