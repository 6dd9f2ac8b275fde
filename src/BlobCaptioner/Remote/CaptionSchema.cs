using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>
/// A profile as the JSON schema of its answer, strict in OpenAI's sense: every key is required, and no others are allowed. With one language the answer is flat, with
/// several it has the attributes and then an object for each language, as the engine in process writes it.
/// </summary>
internal sealed class CaptionSchema
{
    // Braces, the key's quotes and colon, a choice's few tokens. Models that indent need most of it.
    private const int TokensPerField = 24;

    // Servers unroll lengths into grammars; llama.cpp refuses more than 2,000 repetitions.
    private const int MostInSchema = 1_000;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private CaptionSchema(Profile profile, ProductFacts facts, IReadOnlyList<AskedSection> sections, bool withLimits)
    {
        (Profile, Facts, Sections) = (profile, facts, sections);
        Json = BinaryData.FromString(Write(sections, withLimits).ToJsonString(Relaxed));
        MaxOutputTokens = TokensPerField + sections.Sum(s => TokensPerField + s.Asked.Sum(Tokens));
    }

    /// <summary>The profile that it was made from.</summary>
    public Profile Profile { get; }

    /// <summary>The catalogue's facts, which are not asked for.</summary>
    public ProductFacts Facts { get; }

    /// <summary>The answer's objects: itself first, then one for each of several languages.</summary>
    public IReadOnlyList<AskedSection> Sections { get; }

    /// <summary>The schema.</summary>
    public BinaryData Json { get; }

    /// <summary>The schema as an element.</summary>
    public JsonElement Element => JsonElement.Parse(Json.ToMemory().Span);

    /// <summary>False where every value is supplied or can't be known, so that there is nothing to ask.</summary>
    public bool IsAsking => Sections.Any(s => s.Asked.Any());

    /// <summary>The keys of the answer itself, in their order.</summary>
    public IReadOnlyList<string> Keys => [.. Sections.SelectMany(s => s.Key is { } key ? s.Asked.Any() ? [key] : Array.Empty<string>() : KeysOf(s))];

    /// <summary>
    /// Tokens that the longest answer takes: one for each character, which no tokenizer in use exceeds for text in bulk; twice the advised length for texts that have one.
    /// </summary>
    public int MaxOutputTokens { get; }

    /// <summary>Makes it.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="facts">The catalogue's facts, which are not asked for.</param>
    /// <param name="withLimits">
    /// Whether lengths, numbers of items and patterns are in the schema. A text's <c>maxLength</c> is one more than the field's limit: a text that reaches it was not
    /// finished, and is cut between words, which a server that stops at the limit itself would not do.
    /// </param>
    /// <exception cref="ArgumentException">The profile breaks a rule, or two keys of the answer are the same.</exception>
    public static CaptionSchema Create(Profile profile, ProductFacts facts, bool withLimits)
    {
        PlanCheck.Require(profile);
        var isFlat = profile.Languages.Count == 1;
        var first = profile.Languages[0];
        List<AskedSection> sections =
        [
            Section(key: null, isFlat ? first.Tag : null, profile.Fields.Where(f => f.IsAttribute || (isFlat && profile.CopyFields(first).Contains(f)))),
            .. isFlat ? [] : profile.Languages.Select(l => Section(l.Tag, l.Tag, profile.CopyFields(l))),
        ];
        var schema = new CaptionSchema(profile, facts, sections, withLimits);
        var twice = schema.Keys.GroupBy(k => k, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null
            ? schema
            : throw new ArgumentException($"Profile '{profile.Name}' asks for '{twice}' twice: as a field, as a field's evidence or as a language. Rename the field.", nameof(profile));

        AskedSection Section(string? key, string? language, IEnumerable<ProfileField> fields) => new()
        {
            Key = key,
            Language = language,
            Fields = [.. fields.Select(f => AskedField.Create(f, facts))],
            Rules = TextRules.For(profile, language),
        };
    }

    private static IEnumerable<string> KeysOf(AskedSection section) =>
        section.Asked.SelectMany(f => f.EvidenceOptions.Count > 0 ? [f.EvidenceKey, f.Key] : new[] { f.Key });

    private static JsonObject Write(IReadOnlyList<AskedSection> sections, bool withLimits)
    {
        var properties = new JsonObject();
        foreach (var section in sections.Where(s => s.Asked.Any()))
        {
            var place = section.Key is null ? properties : [];
            foreach (var field in section.Asked)
            {
                if (field.EvidenceOptions.Count > 0)
                {
                    place[field.EvidenceKey] = Choice(field.EvidenceOptions);
                }

                place[field.Key] = Value(field, withLimits);
            }

            if (section.Key is { } key)
            {
                properties[key] = Object(place);
            }
        }

        return Object(properties);
    }

    private static JsonObject Object(JsonObject properties) => new()
    {
        ["type"] = "object",
        ["properties"] = properties,
        ["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]),
        ["additionalProperties"] = false,
    };

    private static JsonObject Value(AskedField field, bool withLimits)
    {
        var one = field.Field.IsChosen ? Choice(field.Options) : field.Field.Kind == FieldKind.Number ? Number(field, withLimits) : Text(field, withLimits);
        if (!field.Field.IsList)
        {
            return one;
        }

        var least = field.MayBeUnknown && !field.Field.IsChosen ? 0 : field.Field.MinItems;
        var list = new JsonObject { ["type"] = "array", ["items"] = one, ["description"] = $"{least} to {field.Field.MaxItems} items." };
        if (withLimits)
        {
            list["minItems"] = least;
            list["maxItems"] = field.Field.MaxItems;
        }

        return list;
    }

    private static JsonObject Choice(IReadOnlyList<string> values) => new()
    {
        ["type"] = "string",
        ["enum"] = new JsonArray([.. values.Select(v => (JsonNode)v)]),
    };

    private static JsonObject Number(AskedField field, bool withLimits)
    {
        var number = new JsonObject { ["type"] = "string", ["description"] = $"A number: digits and at most one point{(field.MayBeUnknown ? ", or nothing." : ".")}" };
        if (withLimits)
        {
            number["pattern"] = field.MayBeUnknown ? @"^([0-9]{1,12}(\.[0-9]{1,6})?)?$" : @"^[0-9]{1,12}(\.[0-9]{1,6})?$";
        }

        return number;
    }

    private static JsonObject Text(AskedField field, bool withLimits)
    {
        var most = field.Field.MaxCharacters.ToString(CultureInfo.InvariantCulture);
        var length = field.Field.AdvisedCharacters is { } advised && advised < field.Field.MaxCharacters
            ? $"About {advised.ToString(CultureInfo.InvariantCulture)} characters, at most {most}."
            : $"At most {most} characters.";
        var text = new JsonObject { ["type"] = "string", ["description"] = length };
        if (withLimits && field.Field.MaxCharacters < MostInSchema)
        {
            text["maxLength"] = field.Field.MaxCharacters + 1;
        }

        return text;
    }

    private static int Tokens(AskedField field)
    {
        var text = Math.Min(field.Field.MaxCharacters, 2L * (field.Field.AdvisedCharacters ?? field.Field.MaxCharacters));
        var one = field.Field.IsChosen ? field.Options.Max(o => o.Length) : text;
        var all = field.Field.IsList ? field.Field.MaxItems * (one + 4) : one;
        return (int)Math.Min(TokensPerField + field.Key.Length + all + (field.EvidenceOptions.Count > 0 ? TokensPerField + field.EvidenceKey.Length : 0), 1_000_000);
    }
}
