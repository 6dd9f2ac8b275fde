namespace BlobCaptioner.Profiles.Files;

/// <summary>A language as a file has it where it names fields.</summary>
internal sealed record LanguageDocument
{
    public required string Tag { get; init; }

    public required IReadOnlyList<string> Fields { get; init; }
}
