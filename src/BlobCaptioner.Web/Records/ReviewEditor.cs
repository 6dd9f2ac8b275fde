using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Records;

/// <summary>
/// Changes a record's <c>review</c>: the edits, their signatures (<c>edited</c>), the state, and the <c>history</c> for undo. Properties that it does not know are kept.
/// </summary>
internal static class ReviewEditor
{
    /// <summary>Limit of the history.</summary>
    public const int MaxSteps = 50;

    // A step holds the values before it. Fifty of long ones would make the record larger than readers take.
    private const int MaxHistoryBytes = 1 << 20;

    /// <summary>Sets values.</summary>
    /// <param name="review">The review; null for none.</param>
    /// <param name="changes">The new values.</param>
    /// <param name="who">Name of the editor; null if unknown.</param>
    /// <param name="at">When.</param>
    public static JsonElement Edit(JsonElement? review, IReadOnlyList<ReviewChange> changes, string? who, DateTimeOffset at)
    {
        var root = Open(review);
        var before = new JsonObject();
        var signed = new JsonObject();
        foreach (var change in changes)
        {
            before[change.Key] = Read(root, change)?.DeepClone();
            signed[change.Key] = (root["edited"] as JsonObject)?[change.Key]?.DeepClone();
            Put(root, change, who, at);
        }

        AddStep(root, who, at, new() { ["before"] = before, ["signed"] = signed });
        return Close(root, who, at);
    }

    /// <summary>Sets the state.</summary>
    /// <param name="review">The review; null for none.</param>
    /// <param name="state"><see cref="RecordReview.Approved"/>, <see cref="RecordReview.Rejected"/>, or null for undecided.</param>
    /// <param name="who">Who.</param>
    /// <param name="at">When.</param>
    public static JsonElement Decide(JsonElement? review, string? state, string? who, DateTimeOffset at)
    {
        var root = Open(review);
        AddStep(root, who, at, new() { ["state"] = RecordReview.Read(review).State });
        Set(root, "state", state);
        root.Remove("approved");
        return Close(root, who, at);
    }

    /// <summary>Undoes the last step.</summary>
    /// <returns>Null if there is none.</returns>
    public static JsonElement? Undo(JsonElement? review, string? who, DateTimeOffset at)
    {
        var root = Open(review);
        if (root["history"] is not JsonArray { Count: > 0 } history || history[^1] is not JsonObject step)
        {
            return null;
        }

        history.RemoveAt(history.Count - 1);
        if (step["before"] is JsonObject before)
        {
            var edited = Child(root, "edited");
            foreach (var (key, value) in before)
            {
                if (ReviewChange.Of(key, value) is { } change)
                {
                    Put(root, change, who, at);
                    if ((step["signed"] as JsonObject)?[key] is { } signed)
                    {
                        edited[key] = signed.DeepClone();
                    }
                }
            }
        }
        else if (step.TryGetPropertyValue("state", out var state))
        {
            Set(root, "state", Value(state) is { IsList: false } word ? word.ToString() : null);
        }

        return Close(root, who, at);
    }

    /// <summary>The number of steps that can be undone.</summary>
    public static int Steps(JsonElement? review) =>
        review is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("history", out var history) && history.ValueKind == JsonValueKind.Array
            ? history.GetArrayLength()
            : 0;

    /// <summary>A text or a list of texts; null for anything else.</summary>
    public static CopyValue? Value(JsonNode? node) => node switch
    {
        JsonValue => Text(node) is { } text ? new(text) : null,
        JsonArray items => items.Select(Text).ToList() is var texts && !texts.Contains(null) ? new([.. texts.Select(t => t!)]) : null,
        _ => null,
    };

    // Half a character ("\ud800") is valid JSON and no text.
    private static string? Text(JsonNode? node)
    {
        try
        {
            return node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonNode? Read(JsonObject root, ReviewChange change) =>
        root["edits"] is not JsonObject edits ? null
        : change.Language is null ? (edits["attributes"] as JsonObject)?[change.Field]
        : ((edits["copy"] as JsonObject)?[change.Language] as JsonObject)?[change.Field];

    private static void Put(JsonObject root, ReviewChange change, string? who, DateTimeOffset at)
    {
        var edits = Child(root, "edits");
        var owner = change.Language is null ? Child(edits, "attributes") : Child(Child(edits, "copy"), change.Language);
        var edited = Child(root, "edited");
        if (change.Value is { } value)
        {
            owner[change.Field] = value.IsList ? new JsonArray([.. value.Items.Select(i => JsonValue.Create(i))]) : JsonValue.Create(value.Items[0]);
            var signature = new JsonObject { ["at"] = Text(at) };
            Set(signature, "by", who);
            edited[change.Key] = signature;
        }
        else
        {
            owner.Remove(change.Field);
            edited.Remove(change.Key);
        }
    }

    private static void AddStep(JsonObject root, string? who, DateTimeOffset at, JsonObject step)
    {
        step["at"] = Text(at);
        Set(step, "by", who);
        if (root["history"] is not JsonArray history)
        {
            root["history"] = history = [];
        }

        history.Add((JsonNode)step);
        var room = MaxHistoryBytes - history.Sum(Size);
        while (history.Count > 1 && (history.Count > MaxSteps || room < 0))
        {
            room += Size(history[0]);
            history.RemoveAt(0);
        }
    }

    private static int Size(JsonNode? step) => step is null ? 4 : Encoding.UTF8.GetByteCount(step.ToJsonString());

    // A review that is not an object was written by another program. It is kept as "note".
    private static JsonObject Open(JsonElement? review) => review switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => [],
        { ValueKind: JsonValueKind.Object } element => (JsonObject)JsonNode.Parse(element.GetRawText())!,
        { } other => new() { ["note"] = JsonNode.Parse(other.GetRawText()) },
    };

    private static JsonElement Close(JsonObject root, string? who, DateTimeOffset at)
    {
        foreach (var (parent, name) in ((JsonObject, string)[])[(Child(root, "edits"), "copy"), (Child(root, "edits"), "attributes"), (root, "edits"), (root, "edited")])
        {
            if (parent[name] is JsonObject inner)
            {
                foreach (var empty in inner.Where(p => p.Value is JsonObject { Count: 0 }).Select(p => p.Key).ToList())
                {
                    inner.Remove(empty);
                }

                if (inner.Count == 0)
                {
                    parent.Remove(name);
                }
            }
        }

        Set(root, "by", who);
        root["at"] = Text(at);
        return JsonSerializer.SerializeToElement(root, WebJson.Options);
    }

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }

    private static void Set(JsonObject parent, string name, string? value)
    {
        if (value is null)
        {
            parent.Remove(name);
        }
        else
        {
            parent[name] = value;
        }
    }

    private static string Text(DateTimeOffset at) => at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>A new value of one field.</summary>
/// <param name="Language">BCP 47; null for attributes.</param>
/// <param name="Field">The field.</param>
/// <param name="Value">The value; null removes the edit, so that the model's value shows again.</param>
internal sealed record ReviewChange(string? Language, string Field, CopyValue? Value)
{
    /// <summary>Its key in a review: <c>copy/en/title</c>, <c>attributes/color</c>.</summary>
    public string Key => Language is null ? $"attributes/{Field}" : $"copy/{Language}/{Field}";

    /// <summary>The change that a key and its value stand for; null for another key.</summary>
    public static ReviewChange? Of(string key, JsonNode? value) => key.Split('/') switch
    {
        ["copy", var language, var field] => new(language, field, ReviewEditor.Value(value)),
        ["attributes", var field] => new(null, field, ReviewEditor.Value(value)),
        _ => null,
    };
}
