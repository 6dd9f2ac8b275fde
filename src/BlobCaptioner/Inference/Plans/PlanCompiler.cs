using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>Makes a plan's sections out of a profile.</summary>
internal sealed class PlanCompiler(Profile profile, ISequenceDecoder decoder)
{
    // One token of the text before a quote may be tokenized again together with the literal after it.
    private const int BorderTokens = 4;

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
        var evidence = field.EvidenceAnswers;
        var options = field.AllowedValues.ToArray();
        var unknown = Array.IndexOf(options, ProfileField.Unknown);
        if (field is { IsAttribute: true, AllowUnknown: true } && evidence.Count == 0 && options.Length > 0 && unknown < 0)
        {
            unknown = options.Length;
            options = [.. options, ProfileField.Unknown];
        }

        string[] escaped = [.. options.Select(DecodingPlan.Escape)];
        var name = DecodingPlan.Escape(field.Name);
        var lead = Count($"\",\"{name}\":\"") + BorderTokens;
        var question = evidence.Count > 0 ? lead + Count("_from") + 4 : 0;
        var (value, expected) = ValueTokens(field, escaped);
        return new PlanField
        {
            Field = field,
            EscapedName = name,
            Options = options,
            EscapedOptions = escaped,
            UnknownOption = field.IsAttribute ? unknown : -1,
            EvidenceOptions = evidence,
            MaxTokens = question + lead + value,
            ExpectedTokens = question + lead + expected,
        };
    }

    private (int Most, int Expected) ValueTokens(ProfileField field, string[] options)
    {
        var longest = options.Select(Count).DefaultIfEmpty(0).Max();
        var text = field.MaxCharacters + PlanField.TextOverhead;
        var advised = Math.Min(text, PlanField.TextTokens(field.AdvisedCharacters ?? field.MaxCharacters));
        return field.Kind switch
        {
            FieldKind.Text or FieldKind.Number => (text, advised),
            FieldKind.TextList => (field.MaxItems * (text + BorderTokens), field.MaxItems * (advised + BorderTokens)),
            FieldKind.Choices => (field.MaxItems * (longest + BorderTokens), field.MaxItems * (longest + BorderTokens)),
            _ => (longest, longest),
        };
    }

    private int Count(string text) => decoder.Tokenize(text, parseSpecial: false).Length;
}

/// <summary>The conditions that a plan needs of a profile. Reading a profile file checks them in more detail.</summary>
internal static class PlanCheck
{
    /// <exception cref="ArgumentException">The profile breaks a rule.</exception>
    public static void Require(Profile profile)
    {
        Require(profile.Fields.Count > 0, profile, $"Profile '{profile.Name}' has no field. Give it at least one.");
        var twice = profile.Fields.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        Require(twice is null, profile, $"Profile '{profile.Name}' has {twice?.Count()} fields named '{twice?.Key}'. Rename all but one.");
        Require(
            profile.Languages.Count > 0 && profile.Languages.DistinctBy(l => l.Tag, StringComparer.OrdinalIgnoreCase).Count() == profile.Languages.Count,
            profile,
            $"Profile '{profile.Name}' needs one or more languages, all different; it has: {string.Join(", ", profile.Languages.Select(l => l.Tag))}.");
        foreach (var field in profile.Fields)
        {
            Require(field, profile);
        }
    }

    private static void Require(ProfileField field, Profile profile)
    {
        Require(
            field.Kind is not (FieldKind.Choice or FieldKind.Choices)
            || (field.Values.Count > 0 && field.Values.Distinct(StringComparer.Ordinal).Count() == field.Values.Count),
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' needs one or more values, all different; it has: {string.Join(", ", field.Values)}.");
        Require(
            field.IsChosen || field.MaxCharacters is >= 1 and <= 10_000,
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' allows {field.MaxCharacters} characters; the range is 1 to 10,000.");
        Require(
            !field.IsList || (field.MaxItems is >= 1 and <= 100 && field.MinItems >= 0 && field.MinItems <= field.MaxItems),
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' has {field.MinItems} to {field.MaxItems} items; the range is 0 to 100, the smaller number first.");
    }

    private static void Require(bool isMet, Profile profile, string message)
    {
        if (!isMet)
        {
            throw new ArgumentException(message, nameof(profile));
        }
    }
}
