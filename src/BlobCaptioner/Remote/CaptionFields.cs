using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>Makes a caption's fields of an answer, the catalogue's facts and the tokens' probabilities.</summary>
internal sealed class CaptionFields
{
    // A supplied value is contradicted where the model says another with at least this probability; without probabilities, where it says another.
    private const double SureOfAnother = 0.9;

    private readonly Dictionary<(AskedSection, AskedField), AnswerValue> _answers;
    private readonly AnswerTokens? _tokens;
    private readonly double _threshold;
    private readonly List<string> _flags;

    private CaptionFields(CaptionAnswer answer, AnswerTokens? tokens, double threshold)
    {
        _answers = answer.Values.ToDictionary(v => (v.Section, v.Field));
        (_tokens, _threshold) = (tokens, threshold);
        _flags = [.. answer.Flags, .. answer.Faults.Select(f => f.Flag)];
    }

    /// <summary>Fields, attributes first, then the copy of each language; and all flags.</summary>
    public static (IReadOnlyList<CaptionField> Fields, IReadOnlyList<string> Flags) Create(CaptionSchema schema, CaptionAnswer answer, AnswerTokens? tokens)
    {
        var maker = new CaptionFields(answer, tokens, schema.Profile.ConfidenceThreshold);
        var fields = schema.Sections.SelectMany(section => section.Fields.Select(field => (field, Made: maker.Make(section, field)))).ToList();
        return ([.. fields.OrderBy(f => !f.field.Field.IsAttribute).Select(f => f.Made)], maker._flags);
    }

    private CaptionField Make(AskedSection section, AskedField field)
    {
        var answer = _answers.GetValueOrDefault((section, field));
        var confidence = answer is null ? null : Confidence(section, field, answer);
        if (field.Supplied is { } supplied)
        {
            _flags.AddRange(supplied.Flags.Select(f => $"{field.Key}-{f}"));
            if (answer is { Values.Count: > 0 } && !answer.Values.Intersect(supplied.Values, StringComparer.Ordinal).Any() && confidence is null or >= SureOfAnother)
            {
                _flags.Add($"{field.Key}-conflict");
            }

            return Field(section, field, supplied.Values, confidence: null, Evidence.Supplied);
        }

        if (answer is null || answer.Evidence == Evidence.Unknown)
        {
            return Field(section, field, [], confidence, Evidence.Unknown);
        }

        if (field.Field.IsAttribute && confidence < _threshold)
        {
            _flags.Add($"{field.Key}-low-confidence");
            return Field(section, field, [], confidence, Evidence.Unknown);
        }

        return Field(section, field, answer.Values, confidence, answer.Evidence);
    }

    private double? Confidence(AskedSection section, AskedField field, AnswerValue answer)
    {
        if (_tokens is null || !(field.Field.IsAttribute || field.Field.IsChosen))
        {
            return null;
        }

        var evidence = field.EvidenceOptions.Count == 0 ? 1 : _tokens.OfChoice(AnswerTokens.Path(section.Key, field.EvidenceKey), field.EvidenceOptions);
        if (field.EvidenceOptions.Count > 0 && answer.Evidence == Evidence.Unknown)
        {
            return evidence;
        }

        var path = AnswerTokens.Path(section.Key, field.Key);
        return evidence * (field.Field.IsChosen ? _tokens.OfChoice(path, field.Options) : _tokens.OfText(path));
    }

    private static CaptionField Field(AskedSection section, AskedField field, IReadOnlyList<string> values, double? confidence, Evidence evidence) =>
        new(field.Key, string.Join(", ", values), confidence)
        {
            Items = field.Field.IsList ? values : null,
            Evidence = evidence,
            Language = field.Field.IsAttribute ? null : section.Language,
        };
}
