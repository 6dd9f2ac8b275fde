using System.Text.Json;

namespace BlobCaptioner.Web.Api;

/// <summary>One picture or product with all that there is to see and to edit.</summary>
public sealed record RecordView
{
    /// <summary>The card.</summary>
    public required PictureCard Card { get; init; }

    /// <summary>The record's ETag, which edits name; null where there is no record yet.</summary>
    public string? ETag { get; init; }

    /// <summary>The record as it lies beside the image; null where there is none.</summary>
    public JsonElement? Record { get; init; }

    /// <summary>The fields, in the order of the profile.</summary>
    public IReadOnlyList<FieldView> Fields { get; init; } = [];

    /// <summary>How many steps of the review can be taken back.</summary>
    public int UndoSteps { get; init; }

    /// <summary>True where another profile can be chosen: products and their views go by their folder.</summary>
    public bool CanChangeProfile { get; init; }
}
