using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Plans;

/// <summary>The allowed answers to a field, the same in process and from model servers.</summary>
internal static class FieldRules
{
    private static readonly string[] YesNo = ["yes", "no"];

    /// <summary>True where the value is chosen from a list.</summary>
    public static bool IsChosen(ProfileField field) => field.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo;

    /// <summary>True where the value is an array.</summary>
    public static bool IsList(ProfileField field) => field.Kind is FieldKind.Choices or FieldKind.TextList;

    /// <summary>True where a look at the picture can contradict a supplied value.</summary>
    public static bool IsVisible(ProfileField field) => field.IsAttribute && IsChosen(field) && field.Evidence.Contains(Evidence.Seen);

    /// <summary>The values that may be chosen, without an added <c>unknown</c>; empty for texts and numbers.</summary>
    public static IReadOnlyList<string> ValuesOf(ProfileField field) => field.Kind == FieldKind.YesNo ? YesNo : IsChosen(field) ? field.Values : [];

    /// <summary>The answers to the question where a value comes from; empty where it is not asked.</summary>
    public static IReadOnlyList<string> EvidenceOptionsOf(ProfileField field)
    {
        var isAsked = field is { IsAttribute: true, Evidence.Count: > 0 } && (field.Evidence.Count > 1 || (field.AllowUnknown && !IsChosen(field)));
        return isAsked ? [.. field.Evidence.Select(Word), .. field.AllowUnknown ? [PlanField.Unknown] : Array.Empty<string>()] : [];
    }

    private static string Word(Evidence evidence) => evidence switch
    {
        Evidence.Seen => "seen",
        Evidence.Read => "read",
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "A model can only see or read."),
    };
}

/// <summary>The catalogue's value of one attribute. It goes before anything that a model sees.</summary>
/// <param name="Values">The value, or the items of a list; at least one.</param>
/// <param name="Flags">Its irregularities: <c>not-in-list</c>, <c>cut</c>.</param>
internal sealed record SuppliedFact(IReadOnlyList<string> Values, IReadOnlyList<string> Flags)
{
    private static readonly char[] Separators = [';', '/', '|'];

    /// <summary>Reads it.</summary>
    /// <param name="field">The attribute.</param>
    /// <param name="options">The values that it may have; empty for texts and numbers. <c>unknown</c> is not one of them.</param>
    /// <param name="supplied">The catalogue's text, not empty.</param>
    public static SuppliedFact Read(ProfileField field, IReadOnlyList<string> options, string supplied)
    {
        var values = FieldRules.IsList(field) ? Split(supplied) : [supplied.Trim()];
        if (!FieldRules.IsChosen(field))
        {
            string[] cut = [.. values.Select(v => v[..TextLimit.Cut(v, field.MaxCharacters)])];
            return new(cut, cut.SequenceEqual(values, StringComparer.Ordinal) ? [] : ["cut"]);
        }

        var known = values.Select(v => options.FirstOrDefault(o => o != PlanField.Unknown && string.Equals(o, v, StringComparison.OrdinalIgnoreCase))).ToList();
        return new([.. values.Select((v, i) => known[i] ?? v).Distinct(StringComparer.Ordinal)], known.Contains(null) ? ["not-in-list"] : []);
    }

    private static string[] Split(string supplied)
    {
        var items = supplied.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return items.Length == 0 ? [supplied.Trim()] : items;
    }
}

/// <summary>Rules for the free texts of one language.</summary>
internal sealed record TextRules
{
    // A text that may be this long keeps its paragraphs.
    private const int ParagraphsFrom = 1_000;

    private TextRules(ScriptCheck? script, BannedWords banned, PromptEcho echo) => (Script, Banned, Echo) = (script, banned, echo);

    /// <summary>The language's script; null where the language has no known one.</summary>
    public ScriptCheck? Script { get; }

    /// <summary>Words that a text must not use.</summary>
    public BannedWords Banned { get; }

    /// <summary>The prompt, which a text must not repeat.</summary>
    public PromptEcho Echo { get; }

    /// <summary>The rules of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="language">BCP 47; null where only attributes are written.</param>
    public static TextRules For(Profile profile, string? language) =>
        new(language is null ? null : ScriptCheck.For(language), BannedWords.Create(profile.Avoid), PromptEcho.Create($"{profile.System}\n{profile.Instruction}"));

    /// <summary>The text without markup.</summary>
    public static string Clean(string text, ProfileField field) => MarkdownText.Clean(text, keepParagraphs: field.MaxCharacters >= ParagraphsFrom);

    /// <summary>True where copy is in another script than the language's.</summary>
    public bool IsForeign(string text, ProfileField field) => !field.IsAttribute && Script?.IsWrong(text) == true;

    /// <summary>True where copy can't begin with this piece, which has letters of another script.</summary>
    public bool IsForeignStart(string piece, ProfileField field) => !field.IsAttribute && Script?.IsForeign(piece) == true;
}
