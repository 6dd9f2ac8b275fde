using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Answers;

/// <summary>The values and flags of a section, and what people who watch see of them.</summary>
/// <param name="language">The language of its copy, BCP 47; null where it has attributes only.</param>
/// <param name="threshold">An attribute below this confidence counts as unknown.</param>
/// <param name="draft">Takes what is written so far; null for none.</param>
internal sealed class AnswerValues(string? language, double threshold, CaptionDraft? draft)
{
    private readonly List<CaptionField> _fields = [];
    private readonly List<string> _flags = [];

    /// <summary>Values, in the order of the fields.</summary>
    public IReadOnlyList<CaptionField> Fields => _fields;

    /// <summary>Flags, each once: <c>title-cut</c>.</summary>
    public IReadOnlyList<string> Flags => _flags;

    public void Add(PlanField field, IReadOnlyList<string> values, Evidence evidence, double? confidence)
    {
        var isUnknown = field.Field.IsAttribute && (values.Count == 0 || (values.Count == 1 && values[0].Length == 0));
        if (!isUnknown && field.Field.IsAttribute && confidence < threshold)
        {
            AddFlag(field, "low-confidence");
            isUnknown = true;
        }

        if (isUnknown)
        {
            AddUnknown(field, confidence);
            return;
        }

        _fields.Add(new CaptionField(field.Field.Name, string.Join(", ", values), confidence)
        {
            Items = field.Field.IsList ? values : null,
            Evidence = evidence,
            Language = LanguageOf(field),
        });
        draft?.Set(LanguageOf(field), field.Field.Name, _fields[^1].Value);
    }

    public void AddUnknown(PlanField field, double? confidence) =>
        _fields.Add(new CaptionField(field.Field.Name, "", confidence) { Items = field.Field.IsList ? [] : null, Evidence = Evidence.Unknown });

    public void AddFlag(PlanField field, string what)
    {
        var flag = $"{field.Field.Name}-{what}";
        if (!_flags.Contains(flag, StringComparer.Ordinal))
        {
            _flags.Add(flag);
        }
    }

    /// <summary>Shows a text that is being written, after the items before it. Does nothing while nobody watches: decoding the text would cost the decode thread time.</summary>
    public void Watch(PlanField field, IReadOnlyList<string> before, TextRun run)
    {
        if (draft is { IsWatched: true })
        {
            draft.Set(LanguageOf(field), field.Field.Name, string.Join(", ", [.. before, run.TextSoFar()]));
        }
    }

    private string? LanguageOf(PlanField field) => field.Field.IsAttribute ? null : language;
}
