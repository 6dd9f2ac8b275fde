using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Remote;

/// <summary>A server's answer, checked against what was asked: values, flags and faults, or its problem in words for the model and for people.</summary>
internal sealed partial record CaptionAnswer
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>The values of what was asked, in the answer's order; empty where there is a problem.</summary>
    public IReadOnlyList<AnswerValue> Values { get; private init; } = [];

    /// <summary>As the local engine's: <c>title-cut</c>, <c>title-empty</c>.</summary>
    public IReadOnlyList<string> Flags { get; private init; } = [];

    /// <summary>Faults of texts. The answer can be used all the same.</summary>
    public IReadOnlyList<AnswerFault> Faults { get; private init; } = [];

    /// <summary>Why it can't be used, as a sentence; null where it can.</summary>
    public string? Problem { get; private init; }

    /// <summary>An answer that can't be used.</summary>
    public static CaptionAnswer Bad(string problem) => new() { Problem = problem };

    /// <summary>The answer to nothing.</summary>
    public static CaptionAnswer Nothing { get; } = new();

    /// <summary>Reads an answer.</summary>
    /// <param name="text">The model's text.</param>
    /// <param name="wasCutOff">True where it stopped at the token limit.</param>
    /// <param name="schema">The schema that was asked for.</param>
    public static CaptionAnswer Read(string text, bool wasCutOff, CaptionSchema schema)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Bad(wasCutOff ? "It was nothing but white space until the token limit." : "It was empty.");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Strict);
        }
        catch (JsonException error)
        {
            return Bad(wasCutOff
                ? "It was cut off at the token limit before the JSON was complete; write shorter texts and no white space around them."
                : $"It was not one JSON object and nothing else ({Position(error)}).");
        }

        using (document)
        {
            try
            {
                return Check(document.RootElement, schema);
            }
            catch (UnusableException unusable)
            {
                return Bad(unusable.Message);
            }
        }
    }

    private static CaptionAnswer Check(JsonElement root, CaptionSchema schema)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new UnusableException($"It was JSON of kind {root.ValueKind}, not an object.");
        }

        RequireKnown(root, schema.Keys);
        var (values, texts) = (new List<AnswerValue>(), new AnswerTexts());
        foreach (var section in schema.Sections.Where(s => s.Asked.Any()))
        {
            var place = root;
            if (section.Key is { } key)
            {
                place = Find(root, key, key);
                if (place.ValueKind != JsonValueKind.Object)
                {
                    throw new UnusableException($"The field '{key}' is {place.ValueKind}, not an object.");
                }

                RequireKnown(place, [.. section.Asked.Select(f => f.Key)]);
            }

            values.AddRange(section.Asked.Select(field => ReadField(place, field, section, texts)));
        }

        return new() { Values = values, Flags = texts.Flags, Faults = texts.Faults };
    }

    private static AnswerValue ReadField(JsonElement place, AskedField field, AskedSection section, AnswerTexts texts)
    {
        var evidence = field.Field.Evidence is [var only] ? only : Evidence.Seen;
        if (field.EvidenceOptions.Count > 0)
        {
            var word = Text(Find(place, field.EvidenceKey, field.EvidenceKey), field.EvidenceKey);
            evidence = AskedField.EvidenceOf(OneOf(field.EvidenceOptions, word, field.EvidenceKey));
        }

        var name = section.FlagName(field);
        var value = Find(place, field.Key, name);
        IReadOnlyList<string> values = [];
        if (evidence != Evidence.Unknown)
        {
            values = field.Field.IsList ? Items(value, field, name) : [One(value, field, name)];
            values = field.Field.IsChosen ? [.. values.Where(v => !(field.Field.IsAttribute && v == ProfileField.Unknown))] : values;
            values = field.Field.IsList ? texts.Settle(values, field, section)
                : field.Field.IsChosen || field.Field.Kind == FieldKind.Number ? values
                : [.. values.Select(v => texts.Settle(v, field, section))];
        }

        var isEmpty = values.All(v => v.Length == 0);
        if (isEmpty && !field.Field.IsAttribute)
        {
            texts.AddFlag($"{name}-empty");
        }

        var isUnknown = isEmpty && field.Field.IsAttribute;
        return new() { Section = section, Field = field, Values = isUnknown ? [] : values, Evidence = isUnknown ? Evidence.Unknown : evidence };
    }

    private static List<string> Items(JsonElement value, AskedField field, string name) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(item => One(item, field, name))]
        : throw new UnusableException($"The field '{name}' is {value.ValueKind}, not a list.");

    private static string One(JsonElement value, AskedField field, string name)
    {
        if (field.Field.Kind == FieldKind.Number)
        {
            var number = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(value, name).Trim();
            return (number.Length == 0 && field.MayBeUnknown) || (Number().IsMatch(number) && number.Length <= field.Field.MaxCharacters)
                ? number
                : throw new UnusableException($"The field '{name}' is '{Shorten(number)}', which is not a number (digits and at most one point).");
        }

        if (field.Field.Kind == FieldKind.YesNo && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.ValueKind == JsonValueKind.True ? "yes" : "no";
        }

        var text = Text(value, name);
        return field.Field.IsChosen ? OneOf(field.Options, text, name) : text;
    }

    private static string OneOf(IReadOnlyList<string> options, string text, string name) => options.Contains(text, StringComparer.Ordinal)
        ? text
        : throw new UnusableException($"The field '{name}' is '{Shorten(text)}', which is not one of: {string.Join(", ", options)}.");

    private static void RequireKnown(JsonElement place, IReadOnlyList<string> keys)
    {
        if (place.EnumerateObject().Select(p => p.Name).FirstOrDefault(name => !keys.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new UnusableException($"It has a field '{Shorten(unknown)}' that was not asked for.");
        }
    }

    private static JsonElement Find(JsonElement place, string key, string name) =>
        place.TryGetProperty(key, out var value) ? value : throw new UnusableException($"The field '{name}' is missing.");

    private static string Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new UnusableException($"The field '{name}' is {value.ValueKind}, not a string.");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new UnusableException($"The field '{name}' holds half a character (an unpaired surrogate).");
        }
    }

    // Not the parser's own message, which quotes the text.
    private static string Position(JsonException error) => $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}";

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..TextLimit.Cut(text, 60)] + "…";

    [GeneratedRegex(@"\A[0-9]{1,15}(?:\.[0-9]{1,15})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Number();

    /// <summary>Ends the check of one answer; never leaves this type.</summary>
    private sealed class UnusableException(string message) : Exception(message);
}

/// <summary>The value that an answer gives to one field, checked and inside its limits.</summary>
internal sealed record AnswerValue
{
    /// <summary>Its object in the answer.</summary>
    public required AskedSection Section { get; init; }

    /// <summary>The field.</summary>
    public required AskedField Field { get; init; }

    /// <summary>The value, or the items of a list; empty for an attribute that the model can't tell.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary>The source of the value; <see cref="Evidence.Unknown"/> where the model can't tell.</summary>
    public required Evidence Evidence { get; init; }
}

/// <summary>A fault of a text. It causes one more request; if it is still there then, it is flagged.</summary>
/// <param name="Flag">The flag: <c>de.title-loop</c>.</param>
/// <param name="Sentence">The fault, in words for the model.</param>
internal sealed record AnswerFault(string Flag, string Sentence);
