using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Remote;

/// <summary>A server's answer, checked against the profile: values and flags, or what is wrong with it in words for the model and for people.</summary>
internal sealed record CaptionAnswer
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>The values in the profile's order, without confidence; empty where there is a problem.</summary>
    public IReadOnlyList<CaptionField> Fields { get; private init; } = [];

    /// <summary>As the local engine's: <c>title-cut</c>, <c>title-empty</c>.</summary>
    public IReadOnlyList<string> Flags { get; private init; } = [];

    /// <summary>What is wrong, as a sentence; null where nothing is.</summary>
    public string? Problem { get; private init; }

    /// <summary>An answer that can't be used.</summary>
    public static CaptionAnswer Bad(string problem) => new() { Problem = problem };

    /// <summary>Reads an answer.</summary>
    /// <param name="text">What the model wrote.</param>
    /// <param name="wasCutOff">True where it stopped at the token limit.</param>
    /// <param name="profile">What was asked for.</param>
    public static CaptionAnswer Read(string text, bool wasCutOff, Profile profile)
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
            return Check(document.RootElement, profile);
        }
    }

    private static CaptionAnswer Check(JsonElement root, Profile profile)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Bad($"It was JSON of kind {root.ValueKind}, not an object.");
        }

        var known = profile.Fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        if (root.EnumerateObject().Select(p => p.Name).FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            return Bad($"It has a field '{Shorten(unknown)}' that was not asked for.");
        }

        var fields = new List<CaptionField>();
        var flags = new List<string>();
        foreach (var field in profile.Fields)
        {
            if (!root.TryGetProperty(field.Name, out var value))
            {
                return Bad($"The field '{field.Name}' is missing.");
            }

            if (value.ValueKind != JsonValueKind.String)
            {
                return Bad($"The field '{field.Name}' is {value.ValueKind}, not a string.");
            }

            if (!TryGetText(value, out var text))
            {
                return Bad($"The field '{field.Name}' holds half a character (an unpaired surrogate).");
            }

            if (field.Kind == FieldKind.Choice && !field.Values.Contains(text, StringComparer.Ordinal))
            {
                return Bad($"The field '{field.Name}' is '{Shorten(text)}', which is none of: {string.Join(", ", field.Values)}.");
            }

            fields.Add(new(field.Name, field.Kind == FieldKind.Choice ? text : Limit(text, field, flags), Confidence: null));
        }

        return new() { Fields = fields, Flags = flags };
    }

    private static string Limit(string text, ProfileField field, List<string> flags)
    {
        var trimmed = text.Trim();
        var kept = TextLimit.Cut(trimmed, field.MaxCharacters);
        if (kept < trimmed.Length)
        {
            flags.Add($"{field.Name}-cut");
        }

        if (kept == 0)
        {
            flags.Add($"{field.Name}-empty");
        }

        return trimmed[..kept];
    }

    private static bool TryGetText(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    // the parser's own message quotes the text, and is in nobody's words
    private static string Position(JsonException error) => $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}";

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..TextLimit.Cut(text, 60)] + "…";
}
