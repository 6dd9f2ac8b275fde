using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Remote;

/// <summary>A profile as the JSON schema of its answer, strict as OpenAI means it: every field required, none beside them, choices as enums.</summary>
internal sealed class CaptionSchema
{
    // braces, the key's quotes and colon, a choice's few tokens; models that indent need the larger part of it
    private const int TokensPerField = 24;

    private CaptionSchema(Profile profile, BinaryData json)
    {
        Profile = profile;
        Json = json;
        MaxOutputTokens = TokensPerField + profile.Fields.Sum(f =>
            TokensPerField + f.Name.Length + (f.Kind == FieldKind.Text ? f.MaxCharacters : f.Values.Max(v => v.Length)));
    }

    /// <summary>What it was made from.</summary>
    public Profile Profile { get; }

    /// <summary>The schema.</summary>
    public BinaryData Json { get; }

    /// <summary>The schema as an element.</summary>
    public JsonElement Element => JsonElement.Parse(Json.ToMemory().Span);

    /// <summary>Tokens that the longest answer inside the limits takes: one for each character, which no tokenizer in use exceeds for text in bulk.</summary>
    public int MaxOutputTokens { get; }

    /// <summary>Makes it.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="withMaxLength">
    /// Whether texts have a <c>maxLength</c>. It is one more than the field's limit: a text that reaches it was not finished, and is cut between words,
    /// which a server that stops at the limit itself would not do.
    /// </param>
    /// <exception cref="ArgumentException">The profile has no field, two of one name, or a choice without values.</exception>
    public static CaptionSchema Create(Profile profile, bool withMaxLength)
    {
        if (profile.Fields.Count == 0
            || profile.Fields.DistinctBy(f => f.Name, StringComparer.Ordinal).Count() != profile.Fields.Count
            || profile.Fields.Any(f => f.Kind == FieldKind.Choice && f.Values.Count == 0))
        {
            throw new ArgumentException($"Profile '{profile.Name}' needs one or more fields, of different names, and values for each choice.", nameof(profile));
        }

        var properties = new JsonObject();
        foreach (var field in profile.Fields)
        {
            properties[field.Name] = field.Kind == FieldKind.Choice ? Choice(field) : Text(field, withMaxLength);
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. profile.Fields.Select(f => (JsonNode)f.Name)]),
            ["additionalProperties"] = false,
        };
        return new(profile, BinaryData.FromString(schema.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })));
    }

    private static JsonObject Choice(ProfileField field) => new()
    {
        ["type"] = "string",
        ["enum"] = new JsonArray([.. field.Values.Select(v => (JsonNode)v)]),
    };

    private static JsonObject Text(ProfileField field, bool withMaxLength)
    {
        var text = new JsonObject { ["type"] = "string", ["description"] = $"At most {field.MaxCharacters} characters." };
        if (withMaxLength)
        {
            text["maxLength"] = field.MaxCharacters + 1;
        }

        return text;
    }
}
