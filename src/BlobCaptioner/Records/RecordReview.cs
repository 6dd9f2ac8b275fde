using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Records;

/// <summary>
/// A person's decision about a record: <c>{"state":"approved","by":"ana","at":"2026-11-23T09:00:00Z","edits":{"copy":{"en":{"title":"..."}},"attributes":{"color":"red"}}}</c>.
/// People and tools write it. It is read leniently, since its content must survive whatever it is.
/// </summary>
public sealed record RecordReview
{
    /// <summary>Largest review, as a record's file holds it, bytes. A record written anew carries it over.</summary>
    public const int MaxBytes = 1 << 21;

    // Of the 64 that a record's parser reads: a review moves to other places of its history and back.
    private const int MaxLevels = 48;

    /// <summary>State of a record for publication.</summary>
    public const string Approved = "approved";

    /// <summary>State of a record that must not be published.</summary>
    public const string Rejected = "rejected";

    /// <summary><see cref="Approved"/>, <see cref="Rejected"/> or null for neither.</summary>
    public string? State { get; init; }

    /// <summary>The person's name; null where it is missing.</summary>
    public string? By { get; init; }

    /// <summary>Time of the decision; null where it is missing.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>A person's words in place of the model's.</summary>
    public RecordEdits Edits { get; init; } = new();

    /// <summary>True where a person changed a text or an attribute.</summary>
    public bool HasEdits => Edits.Copy.Count > 0 || Edits.Attributes.Count > 0;

    /// <summary>Reads a record's review; empty where it is null or has another shape. <c>{"approved":true}</c> is accepted too.</summary>
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
                Copy = Objects(edits, "copy").DistinctBy(p => p.Name, StringComparer.Ordinal)
                    .ToDictionary(p => p.Name, IReadOnlyDictionary<string, CopyValue> (p) => Values(p.Value), StringComparer.Ordinal),
                Attributes = Values(edits.ValueKind == JsonValueKind.Object && edits.TryGetProperty("attributes", out var attributes) ? attributes : default),
            },
        };
    }

    /// <summary>Why a record can't hold a review; null where it can, whatever its shape.</summary>
    public static string? Problem(JsonElement? review)
    {
        if (review is not { } element)
        {
            return null;
        }

        try
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(element, RecordJson.Element);
            if (bytes.Length > MaxBytes)
            {
                return $"review has {bytes.Length:N0} bytes; the most is {MaxBytes:N0}";
            }

            // Halves of surrogate pairs show only when a text is read.
            using var strict = JsonDocument.Parse(bytes, new() { AllowDuplicateProperties = false, MaxDepth = MaxLevels });
            _ = Read(element);
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or JsonException)
        {
            return $"review can't be read: {error.Message.TrimEnd('.')}";
        }
    }

    /// <summary>The review without <c>edits</c>; all its other properties stay.</summary>
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

/// <summary>A person's words in place of the model's, by the record's keys.</summary>
public sealed record RecordEdits
{
    /// <summary>By language, then by field.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal);

    /// <summary>By attribute.</summary>
    public IReadOnlyDictionary<string, CopyValue> Attributes { get; init; } = new Dictionary<string, CopyValue>(StringComparer.Ordinal);
}

/// <summary>A record as it is published: with a person's edits in place of the model's words.</summary>
public sealed record EffectiveRecord
{
    private EffectiveRecord(CaptionRecord record, RecordReview review) => (Record, Review) = (record, review);

    /// <summary>The record, edits applied. An edited attribute is <see cref="Evidence.Supplied"/>, without a confidence.</summary>
    public CaptionRecord Record { get; }

    /// <summary>The person's decision.</summary>
    public RecordReview Review { get; }

    /// <summary>True where a person approved it.</summary>
    public bool IsApproved => string.Equals(Review.State, RecordReview.Approved, StringComparison.OrdinalIgnoreCase);

    /// <summary>True where a person rejected it.</summary>
    public bool IsRejected => string.Equals(Review.State, RecordReview.Rejected, StringComparison.OrdinalIgnoreCase);

    /// <summary>Applies the review to a record.</summary>
    public static EffectiveRecord Of(CaptionRecord record)
    {
        var review = RecordReview.Read(record.Review);
        return review.HasEdits
            ? new(record with { Copy = RecordCopy.Merge(record.Copy, review.Edits.Copy), Attributes = Merge(record.Attributes, review.Edits.Attributes) }, review)
            : new(record, review);
    }

    /// <summary>True where a person wrote the text.</summary>
    public bool IsEdited(string language, string field) => Review.Edits.Copy.TryGetValue(language, out var edited) && edited.ContainsKey(field);

    private static Dictionary<string, RecordAttribute> Merge(IReadOnlyDictionary<string, RecordAttribute> attributes, IReadOnlyDictionary<string, CopyValue> edits)
    {
        var merged = new Dictionary<string, RecordAttribute>(attributes, StringComparer.Ordinal);
        foreach (var (name, value) in edits)
        {
            merged[name] = value.Items.All(string.IsNullOrWhiteSpace)
                ? new(null, null) { Evidence = Evidence.Unknown }
                : new(value, null) { Evidence = Evidence.Supplied };
        }

        return merged;
    }
}
