namespace BlobCaptioner.Web.Api;

/// <summary>A page of the gallery.</summary>
public sealed record PicturePage
{
    /// <summary>Pictures that the filter lets through.</summary>
    public required int Total { get; init; }

    /// <summary>Index of the first one here.</summary>
    public required int Offset { get; init; }

    /// <summary>Those of this page, in order.</summary>
    public required IReadOnlyList<PictureCard> Items { get; init; }

    /// <summary>How many there are in each state, whatever state the filter names.</summary>
    public required IReadOnlyDictionary<PictureState, int> States { get; init; }
}
