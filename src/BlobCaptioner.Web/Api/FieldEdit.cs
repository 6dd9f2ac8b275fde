using System.Text.Json;

namespace BlobCaptioner.Web.Api;

/// <summary>One value.</summary>
public sealed record FieldEdit
{
    /// <summary>Language, BCP 47; null for attributes.</summary>
    public string? Language { get; init; }

    /// <summary>The field.</summary>
    public required string Field { get; init; }

    /// <summary>A text or a list of texts; null takes a person's words back, and the model's stand again. For attributes an empty text means unknown.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>What stood there when the person began; where it is another one by now, nothing is written and the person is told.</summary>
    public JsonElement? Was { get; init; }
}
