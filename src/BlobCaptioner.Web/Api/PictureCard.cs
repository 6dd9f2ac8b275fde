namespace BlobCaptioner.Web.Api;

/// <summary>A picture, or a product of several, as the gallery shows it.</summary>
public sealed record PictureCard
{
    /// <summary>The blob's name; for a product the name of its record.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required PictureState State { get; init; }

    /// <summary>True for a product's record.</summary>
    public bool IsProduct { get; init; }

    /// <summary>Name of the picture to show; for a product its main view.</summary>
    public required string Image { get; init; }

    /// <summary>Changes with the picture; for <c>/api/thumbnail?name=…&amp;v=…</c>.</summary>
    public required string ImageVersion { get; init; }

    /// <summary>The first text of the copy, with edits; null if there is none.</summary>
    public string? Title { get; init; }

    /// <summary>Why it has no copy; null if it has copy.</summary>
    public string? Problem { get; init; }

    /// <summary>Name of its profile; null before it is described.</summary>
    public string? Profile { get; init; }

    /// <summary>Flags that call for a look.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Languages of the copy, BCP 47.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>True if a person edited it.</summary>
    public bool IsEdited { get; init; }

    /// <summary>When the picture was uploaded, UTC.</summary>
    public DateTimeOffset? Uploaded { get; init; }
}

/// <summary>State of a picture.</summary>
public enum PictureState
{
    /// <summary>It has no record, or the record of an older image.</summary>
    Waiting,

    /// <summary>It is being prepared.</summary>
    Preparing,

    /// <summary>The model is writing its copy.</summary>
    Writing,

    /// <summary>It has copy that nobody has reviewed.</summary>
    Described,

    /// <summary>A person approved its copy.</summary>
    Approved,

    /// <summary>A person rejected its copy.</summary>
    Declined,

    /// <summary>The picture can't be described.</summary>
    Rejected,

    /// <summary>It failed after the last try.</summary>
    Failed,
}

/// <summary>A page of the gallery.</summary>
/// <param name="Total">Number of pictures that match the filter.</param>
/// <param name="Offset">Index of the page's first picture.</param>
/// <param name="Items">The page's pictures, in order.</param>
/// <param name="States">Number of pictures in each state, under the filter without its state.</param>
public sealed record PicturePage(int Total, int Offset, IReadOnlyList<PictureCard> Items, IReadOnlyDictionary<PictureState, int> States);

/// <summary>Values to filter the gallery by, with the number of pictures of each.</summary>
/// <param name="Folders">Folders; <c>""</c> is the top.</param>
/// <param name="Flags">Flags without field and language: <c>low-confidence</c>.</param>
/// <param name="Languages">Languages of the copy, BCP 47.</param>
public sealed record Facets(IReadOnlyDictionary<string, int> Folders, IReadOnlyDictionary<string, int> Flags, IReadOnlyDictionary<string, int> Languages);

/// <summary>An uploaded picture.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
public sealed record Uploaded(string Name, string ETag);
