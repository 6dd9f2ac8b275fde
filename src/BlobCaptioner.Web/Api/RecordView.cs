using System.Text.Json;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Web.Api;

/// <summary>One picture or product, with its record and editable fields.</summary>
public sealed record RecordView
{
    /// <summary>The card.</summary>
    public required PictureCard Card { get; init; }

    /// <summary>The record's ETag, for edits; null if there is no record yet.</summary>
    public string? ETag { get; init; }

    /// <summary>The record as stored beside the image; null if there is none.</summary>
    public JsonElement? Record { get; init; }

    /// <summary>The fields, in the order of the profile.</summary>
    public IReadOnlyList<FieldView> Fields { get; init; } = [];

    /// <summary>Number of review steps that can be undone.</summary>
    public int UndoSteps { get; init; }

    /// <summary>True if another profile can be chosen. Products and their views use their folder's.</summary>
    public bool CanChangeProfile { get; init; }
}

/// <summary>A field and its limits.</summary>
public sealed record FieldView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of its value.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>True for an attribute, false for copy.</summary>
    public required bool IsAttribute { get; init; }

    /// <summary>Most characters (Unicode scalar values) of a text or an item; null if unlimited.</summary>
    public int? MaxCharacters { get; init; }

    /// <summary>Most items of a list; null if the field is not a list.</summary>
    public int? MaxItems { get; init; }

    /// <summary>The values to choose from; empty for free text.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Languages that have the field; null for all.</summary>
    public IReadOnlyList<string>? Languages { get; init; }

    internal static IReadOnlyList<FieldView> Of(Profile profile) => [.. profile.Fields.Select(f => new FieldView
    {
        Name = f.Name,
        Kind = f.Kind,
        IsAttribute = f.IsAttribute,
        MaxCharacters = f.Kind is FieldKind.Text or FieldKind.TextList ? f.MaxCharacters : null,
        MaxItems = f.Kind is FieldKind.TextList or FieldKind.Choices ? f.MaxItems : null,
        Values = f.Kind == FieldKind.YesNo ? ["yes", "no"] : f.Values,
        Languages = f.IsAttribute || profile.Languages.All(l => l.Fields is null)
            ? null
            : [.. profile.Languages.Where(l => l.Fields is null || l.Fields.Contains(f.Name, StringComparer.Ordinal)).Select(l => l.Tag)],
    })];
}

/// <summary>Edits of a record.</summary>
public sealed record EditRequest
{
    /// <summary>ETag of the record that the person saw.</summary>
    public required string ETag { get; init; }

    /// <summary>The new values.</summary>
    public required IReadOnlyList<FieldEdit> Changes { get; init; }

    /// <summary>Name of the editor. The platform's sign-in overrides it.</summary>
    public string? By { get; init; }
}

/// <summary>The new value of one field.</summary>
public sealed record FieldEdit
{
    /// <summary>Language, BCP 47; null for attributes.</summary>
    public string? Language { get; init; }

    /// <summary>The field.</summary>
    public required string Field { get; init; }

    /// <summary>A string or an array of strings; null removes the edit, so that the model's value shows again. For attributes an empty string means unknown.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>The value that the person saw. If it has changed since, nothing is stored and the answer is a conflict.</summary>
    public JsonElement? Was { get; init; }
}

/// <summary>The record was changed since it was seen; nothing was stored.</summary>
/// <param name="Fields">Fields that differ from what the person saw, such as <c>copy/en/title</c>.</param>
/// <param name="Now">The current record.</param>
/// <param name="By">Who changed the record last; null if unsigned.</param>
public sealed record EditConflict(IReadOnlyList<string> Fields, RecordView Now, string? By = null);

/// <summary>A review decision, or an undo.</summary>
public sealed record ReviewRequest
{
    /// <summary>ETag of the record that the person saw.</summary>
    public required string ETag { get; init; }

    /// <summary><c>approved</c>, <c>rejected</c>, <c>open</c> for undecided, or <c>undo</c> to undo the last step.</summary>
    public required string State { get; init; }

    /// <summary>Name of the reviewer.</summary>
    public string? By { get; init; }
}

/// <summary>Records to write anew.</summary>
public sealed record RedoAsk
{
    /// <summary>Pictures or product records, 1 to 1,000.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Only these fields; empty for all.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Only these languages, BCP 47; empty for all.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Name of another profile; null keeps each record's profile.</summary>
    public string? Profile { get; init; }
}

/// <summary>The result of a redo.</summary>
/// <param name="Enqueued">Jobs that were enqueued.</param>
/// <param name="InFlight">Pictures that were in the queue already.</param>
/// <param name="NotThere">Names of pictures that no longer exist.</param>
public sealed record RedoResult(long Enqueued, long InFlight, long NotThere);
