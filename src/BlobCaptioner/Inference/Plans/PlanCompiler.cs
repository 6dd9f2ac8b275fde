using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>Makes a plan's sections out of a profile.</summary>
internal sealed class PlanCompiler(Profile profile, ISequenceDecoder decoder)
{
    // One token of the text before a quote may be tokenized again together with the literal after it.
    private const int BorderTokens = 4;

    private static readonly string[] YesNo = ["yes", "no"];

    /// <summary>All fields, for one language.</summary>
    public PlanSection Everything() => Section(profile.Languages[0].Tag, profile.Fields.Where(f => f.IsAttribute || profile.CopyFields(profile.Languages[0]).Contains(f)));

    /// <summary>The trunk of several languages.</summary>
    public PlanSection Attributes() => Section(language: null, profile.Fields.Where(f => f.IsAttribute));

    /// <summary>One section for each language.</summary>
    public IReadOnlyList<PlanSection> Branches() => [.. profile.Languages.Select(l => Section(l.Tag, profile.CopyFields(l)))];

    private PlanSection Section(string? language, IEnumerable<ProfileField> fields)
    {
        PlanField[] compiled = [.. fields.Select(Compile)];
        // {"de":{ and the brackets at the end
        var shape = 4 + (language is null ? 0 : Count(language));
        return new PlanSection
        {
            Language = language,
            Fields = compiled,
            Rules = TextRules.For(profile, language),
            MaxAnswerTokens = shape + compiled.Sum(f => f.MaxTokens),
            ExpectedAnswerTokens = shape + compiled.Sum(f => f.ExpectedTokens),
        };
    }

    private PlanField Compile(ProfileField field)
    {
        var asks = field.IsAttribute && field.Evidence.Count > 0 && (field.Evidence.Count > 1
            || (field.AllowUnknown && field.Kind is FieldKind.Text or FieldKind.TextList or FieldKind.Number));
        var mayBeUnknown = field.IsAttribute && field.AllowUnknown && !asks;
        string[] options = field.Kind switch
        {
            FieldKind.Choice or FieldKind.Choices => [.. field.Values],
            FieldKind.YesNo => YesNo,
            _ => [],
        };
        var unknown = Array.IndexOf(options, PlanField.Unknown);
        if (mayBeUnknown && options.Length > 0 && unknown < 0)
        {
            unknown = options.Length;
            options = [.. options, PlanField.Unknown];
        }

        string[] escaped = [.. options.Select(DecodingPlan.Escape)];
        var name = DecodingPlan.Escape(field.Name);
        var lead = Count($"\",\"{name}\":\"") + BorderTokens;
        var question = asks ? lead + Count("_from") + 4 : 0;
        var (value, expected) = ValueTokens(field, escaped);
        return new PlanField
        {
            Field = field,
            EscapedName = name,
            Options = options,
            EscapedOptions = escaped,
            UnknownOption = field.IsAttribute ? unknown : -1,
            EvidenceOptions = asks ? [.. field.Evidence.Select(Word), .. field.AllowUnknown ? [PlanField.Unknown] : Array.Empty<string>()] : [],
            MaxTokens = question + lead + value,
            ExpectedTokens = question + lead + expected,
        };
    }

    private (int Most, int Expected) ValueTokens(ProfileField field, string[] options)
    {
        var longest = options.Select(Count).DefaultIfEmpty(0).Max();
        var text = field.MaxCharacters + 16;
        var advised = Math.Min(text, ContextSize.TextTokens(field.AdvisedCharacters ?? field.MaxCharacters));
        return field.Kind switch
        {
            FieldKind.Text or FieldKind.Number => (text, advised),
            FieldKind.TextList => (field.MaxItems * (text + BorderTokens), field.MaxItems * (advised + BorderTokens)),
            FieldKind.Choices => (field.MaxItems * (longest + BorderTokens), field.MaxItems * (longest + BorderTokens)),
            _ => (longest, longest),
        };
    }

    private int Count(string text) => decoder.Tokenize(text, parseSpecial: false).Length;

    private static string Word(Evidence evidence) => evidence switch
    {
        Evidence.Seen => "seen",
        Evidence.Read => "read",
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "A model can only see or read."),
    };
}
