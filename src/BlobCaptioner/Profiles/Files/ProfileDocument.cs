using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A profile as its file is written (<c>profile.schema.json</c>); null for what the file leaves out.</summary>
internal sealed record ProfileDocument
{
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    public string? Extends { get; init; }

    public string? Profile { get; init; }

    public string? Name { get; init; }

    public string? Comment { get; init; }

    public string? System { get; init; }

    public string? Instruction { get; init; }

    public string? Tone { get; init; }

    public string? Audience { get; init; }

    public IReadOnlyList<string>? Use { get; init; }

    public IReadOnlyList<string>? Avoid { get; init; }

    /// <summary>Strings (tags) or objects (<see cref="LanguageDocument"/>).</summary>
    public IReadOnlyList<JsonElement>? Languages { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Vocabularies { get; init; }

    public IReadOnlyList<FieldDocument>? Fields { get; init; }

    public double? ConfidenceThreshold { get; init; }

    [JsonConverter(typeof(KebabCaseConverter<ProfileGrouping>))]
    public ProfileGrouping? Grouping { get; init; }

    public int? ImageTokenBudget { get; init; }

    public SamplingDocument? Sampling { get; init; }
}

/// <summary>A field as its file is written; null for what the file leaves out.</summary>
internal sealed record FieldDocument
{
    public required string Name { get; init; }

    [JsonConverter(typeof(KebabCaseConverter<FieldKind>))]
    public FieldKind? Kind { get; init; }

    public bool? Attribute { get; init; }

    public string? Instruction { get; init; }

    public string? Comment { get; init; }

    public int? MaxCharacters { get; init; }

    public int? AdvisedCharacters { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public JsonElement? Values { get; init; }

    public IReadOnlyList<Evidence>? Evidence { get; init; }

    public bool? AllowUnknown { get; init; }

    public bool? PerView { get; init; }

    public bool? Remove { get; init; }
}

/// <summary>A language with the fields that are written in it. A language for all fields is a string.</summary>
internal sealed record LanguageDocument
{
    public required string Tag { get; init; }

    public required IReadOnlyList<string> Fields { get; init; }
}

/// <summary>Sampling as its file is written; null for what the file leaves out.</summary>
internal sealed record SamplingDocument
{
    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? PresencePenalty { get; init; }

    public ulong? Seed { get; init; }

    public string? Comment { get; init; }
}

/// <summary>Profile files as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(LanguageDocument))]
internal sealed partial class ProfileJson : JsonSerializerContext
{
    /// <summary>Indented, without properties that are null.</summary>
    public static JsonTypeInfo<ProfileDocument> Sparse => Formats.Sparse.ProfileDocument;

    // A separate type: its initializer runs after that of the generated Default.
    private static class Formats
    {
        public static readonly ProfileJson Sparse = new(
            new(Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
    }
}

/// <summary>Enums as words with hyphens: <c>text-list</c>.</summary>
internal sealed class KebabCaseConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower)
    where T : struct, Enum;
