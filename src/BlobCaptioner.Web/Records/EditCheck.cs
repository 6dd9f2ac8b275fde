using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Text;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Records;

/// <summary>Holds edits to the limits of the record's profile.</summary>
/// <param name="record">The record.</param>
/// <param name="profile">Its profile; null for a record without copy, which has nothing to edit.</param>
internal sealed class EditCheck(CaptionRecord record, Profile? profile)
{
    private const int LongestNumber = 31;

    private readonly IReadOnlyList<FieldView> _fields = profile is null ? [] : FieldView.Of(profile);

    /// <summary>The changes that the edits stand for.</summary>
    /// <exception cref="ApiException">One is beyond a limit, or two are of one field.</exception>
    public List<ReviewChange> Check(IReadOnlyList<FieldEdit> edits)
    {
        var changes = edits.Select(Check).ToList();
        return changes.GroupBy(c => c.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice
            ? throw new ApiException(400, "edit-invalid", $"{twice.Key} is changed twice.", "Send one change for each field.")
            : changes;
    }

    /// <summary>Refuses a review that would make the record too large to read.</summary>
    /// <exception cref="ApiException">It would.</exception>
    public static void RequireRoom(CaptionRecord record, JsonElement review)
    {
        var bytes = CaptionStore.Serialize(record with { Review = review }).ToMemory().Length;
        if (bytes > RecordFile.MaxBytes)
        {
            throw new ApiException(
                413,
                "record-too-large",
                string.Create(CultureInfo.InvariantCulture, $"The record would have {bytes:N0} bytes; the limit is {RecordFile.MaxBytes:N0}."),
                "Shorten its texts, or remove what other programs put into its review.");
        }
    }

    private ReviewChange Check(FieldEdit edit)
    {
        var field = _fields.FirstOrDefault(f => f.Name == edit.Field && f.IsAttribute == edit.Language is null)
            ?? throw Bad(edit, "the record has no such field", $"Fields: {string.Join(", ", _fields.Select(f => f.Name))}.");
        if (edit.Language is { } language && !Has(language, edit.Field))
        {
            throw Bad(edit, "the record has no such language for this field", $"Languages: {string.Join(", ", profile!.Languages.Select(l => l.Tag))}.");
        }

        if (edit.Value is null or { ValueKind: JsonValueKind.Null })
        {
            return new(edit.Language, edit.Field, null);
        }

        var value = ReviewEditor.Value(JsonNode.Parse(edit.Value.Value.GetRawText()))
            ?? throw Bad(edit, "the value is neither a string nor an array of strings", "Send a string, an array of strings, or null.");
        Require(edit, field, value);
        return new(edit.Language, edit.Field, value);
    }

    private static void Require(FieldEdit edit, FieldView field, CopyValue value)
    {
        if (value.IsList && value.Items.Count > (field.MaxItems ?? 1))
        {
            throw Bad(edit, $"it has {value.Items.Count} items; the limit is {field.MaxItems ?? 1}", field.MaxItems is null ? "Send one string." : "Remove some.");
        }

        var limit = field.MaxCharacters ?? (field.Values.Count > 0 ? field.Values.Max(Length) : LongestNumber);
        if (field.Values.Count > 0 && value.Items.FirstOrDefault(i => i.Length > 0 && !field.Values.Contains(i, StringComparer.Ordinal)) is { } stranger)
        {
            throw Bad(edit, $"'{Shorten(stranger)}' is not one of its values", $"Values: {string.Join(", ", field.Values.Take(40))}.");
        }

        if (value.Items.FirstOrDefault(i => Length(i) > limit) is { } long_)
        {
            throw Bad(edit, $"it has {Length(long_)} characters; the limit is {limit}", "Shorten it.");
        }

        if (value.Items.Any(i => i.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n'))))
        {
            throw Bad(edit, "it has a control character", "Leave it out: no shop takes it.");
        }
    }

    private bool Has(string language, string field) =>
        profile!.Languages.Any(l => l.Tag == language && (l.Fields is null || l.Fields.Contains(field, StringComparer.Ordinal)))
        || (record.Copy.TryGetValue(language, out var copy) && copy.ContainsKey(field));

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..TextLimit.Cut(text, 60)] + "…";

    private static ApiException Bad(FieldEdit edit, string why, string remedy) =>
        new(400, "edit-invalid", $"{(edit.Language is null ? "" : Shorten(edit.Language) + " ")}{Shorten(edit.Field)}: {why}.", remedy);
}
