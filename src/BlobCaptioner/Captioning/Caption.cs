using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>What a model wrote about one picture.</summary>
public sealed record Caption
{
    /// <summary>One value per field of the profile, in its order.</summary>
    public required IReadOnlyList<CaptionField> Fields { get; init; }

    /// <summary>What a person should look at, as short codes: <c>title-cut</c>.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Tokens and times.</summary>
    public required CaptionUsage Usage { get; init; }
}
