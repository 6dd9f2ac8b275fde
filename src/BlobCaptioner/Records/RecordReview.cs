using System.Text.Json;
using System.Text.Json.Nodes;

namespace BlobCaptioner.Records;

/// <summary>
/// What a person decided about a record: <c>{"state":"approved","by":"ana","at":"2026-11-23T09:00:00Z","edits":{"copy":{"en":{"title":"..."}},"attributes":{"color":"red"}}}</c>.
/// People and tools write it; it is read leniently, since whatever stands there must survive.
/// </summary>
public sealed record RecordReview
{
    /// <summary>State of a record that may be published.</summary>
    public const string Approved = "approved";

    /// <summary>State of a record that may not.</summary>
    public const string Rejected = "rejected";

    /// <summary><see cref="Approved"/>, <see cref="Rejected"/> or null for neither.</summary>
    public string? State { get; init; }

    /// <summary>Who; null where nobody signed.</summary>
    public string? By { get; init; }

    /// <summary>When; null where it isn't said.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>What a person wrote over the model's words.</summary>
    public RecordEdits Edits { get; init; } = new();

    /// <summary>True where a person changed words.</summary>
    public bool HasEdits => Edits.Copy.Count > 0 || Edits.Attributes.Count > 0;

    /// <summary>Reads what stands in a record; an empty review where that is nothing, or nothing of this shape. <c>{"approved":true}</c> is understood too.</summary>
    public static RecordReview Read(JsonElement? review)
    {
        if (review is not { ValueKind: JsonValueKind.Object } element)
        {
            return new();
        }

        var edits = element.TryGetProperty("edits", out var e) && e.ValueKind == JsonValueKind.Object ? e : default;
        return new()
        {
            State = Text(element, "state")
                ?? (element.TryGetProperty("approved", out var approved) && approved.ValueKind == JsonValueKind.True ? Approved : null),
            By = Text(element, "by"),
            At = element.TryGetProperty("at", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time) ? time : null,
            Edits = new()
            {
                Copy = Objects(edits, "copy").ToDictionary(p => p.Name, IReadOnlyDictionary<string, CopyValue> (p) => Values(p.Value), StringComparer.Ordinal),
                Attributes = Values(edits.ValueKind == JsonValueKind.Object && edits.TryGetProperty("attributes", out var attributes) ? attributes : default),
            },
        };
    }

    /// <summary>The same without <c>edits</c>: state, who and when stay, and whatever else people wrote.</summary>
    public static JsonElement WithoutEdits(JsonElement review)
    {
        if (review.ValueKind != JsonValueKind.Object)
        {
            return review;
        }

        var kept = JsonObject.Create(review)!;
        kept.Remove("edits");
        using var json = JsonDocument.Parse(kept.ToJsonString());
        return json.RootElement.Clone();
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<JsonProperty> Objects(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object)
            : [];

    private static Dictionary<string, CopyValue> Values(JsonElement element)
    {
        var values = new Dictionary<string, CopyValue>(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object)
        {
            return values;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.String)
            {
                values[property.Name] = new(property.Value.GetString()!);
            }
            else if (property.Value.ValueKind == JsonValueKind.Array && property.Value.EnumerateArray().All(i => i.ValueKind == JsonValueKind.String))
            {
                values[property.Name] = new([.. property.Value.EnumerateArray().Select(i => i.GetString()!)]);
            }
        }

        return values;
    }
}
