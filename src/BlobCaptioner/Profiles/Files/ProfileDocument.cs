using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A profile as a file has it (<c>profile.schema.json</c>); null for what it does not say.</summary>
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

    /// <summary>Tags, or objects with tag and fields.</summary>
    public IReadOnlyList<JsonElement>? Languages { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Vocabularies { get; init; }

    public IReadOnlyList<FieldDocument>? Fields { get; init; }

    public double? ConfidenceThreshold { get; init; }

    public string? Grouping { get; init; }

    public int? ImageTokenBudget { get; init; }

    public SamplingDocument? Sampling { get; init; }
}
