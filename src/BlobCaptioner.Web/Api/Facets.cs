namespace BlobCaptioner.Web.Api;

/// <summary>What the gallery can be filtered by.</summary>
public sealed record Facets
{
    /// <summary>Folders with pictures in them, and how many; <c>""</c> is the top.</summary>
    public required IReadOnlyDictionary<string, int> Folders { get; init; }

    /// <summary>Flags without their field and language (<c>low-confidence</c>), and how many pictures have one.</summary>
    public required IReadOnlyDictionary<string, int> Flags { get; init; }

    /// <summary>Languages, BCP 47, and how many pictures have copy in each.</summary>
    public required IReadOnlyDictionary<string, int> Languages { get; init; }
}
