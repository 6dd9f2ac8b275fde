using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>The JSON beside an image.</summary>
public sealed record CaptionRecord
{
    /// <summary>The shape of this JSON: 1.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>How the image ended.</summary>
    public required RecordStatus Status { get; init; }

    /// <summary>The image.</summary>
    public required RecordImage Image { get; init; }

    /// <summary>The profile.</summary>
    public required RecordProfile Profile { get; init; }

    /// <summary>The product, where the profile groups views: in a product record and in those of its views. Left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordProduct? Product { get; init; }

    /// <summary>The texts by language (BCP 47), then by field: <c>{"en":{"title":"A red mug","bullets":["Holds tea"]}}</c>. Empty where there is none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal);

    /// <summary>The attributes by name: <c>{"category":{"value":"mug","confidence":0.99,"evidence":"seen"}}</c>. Empty where there is none.</summary>
    public IReadOnlyDictionary<string, RecordAttribute> Attributes { get; init; } = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal);

    /// <summary>What the catalogue said about the product, by column name; left out where it said nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Facts { get; init; }

    /// <summary>What a person should look at, as short codes.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Why there is no copy; null for <see cref="RecordStatus.Described"/>.</summary>
    public RecordError? Error { get; init; }

    /// <summary>The receipt.</summary>
    public required RecordGeneration Generation { get; init; }

    /// <summary>SHA-256 over all that decides the copy, lower-case hex (<see cref="Records.Fingerprint"/>).</summary>
    public required string Fingerprint { get; init; }

    /// <summary>
    /// What a person decided about it (<see cref="RecordReview"/>); null until then. It is carried over when the record is written anew, whatever its shape.
    /// </summary>
    public JsonElement? Review { get; init; }
}
