namespace BlobCaptioner.Web.Api;

/// <summary>A picture, or a product of several, as the gallery shows it.</summary>
public sealed record PictureCard
{
    /// <summary>The blob's name; of a product its record's.</summary>
    public required string Name { get; init; }

    /// <summary>How far it is.</summary>
    public required PictureState State { get; init; }

    /// <summary>True for a product's record.</summary>
    public bool IsProduct { get; init; }

    /// <summary>The picture to show: its own name, or of a product its main view's.</summary>
    public required string Image { get; init; }

    /// <summary>Changes when the picture does; for <c>/api/thumbnail?name=…&amp;v=…</c>.</summary>
    public required string ImageVersion { get; init; }

    /// <summary>The first text of the copy, a person's edit before the model's words; null without one.</summary>
    public string? Title { get; init; }

    /// <summary>Why it has no copy; null where it has.</summary>
    public string? Problem { get; init; }

    /// <summary>The profile's name; null before it is described.</summary>
    public string? Profile { get; init; }

    /// <summary>What a person should look at.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Languages of the copy, BCP 47.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>True where a person changed words.</summary>
    public bool IsEdited { get; init; }

    /// <summary>When the picture was uploaded, UTC.</summary>
    public DateTimeOffset? Uploaded { get; init; }
}
