using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Plans;

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
        var values = field.IsList ? Split(supplied) : [supplied.Trim()];
        if (!field.IsChosen)
        {
            string[] cut = [.. values.Select(v => v[..TextLimit.Cut(v, field.MaxCharacters)])];
            return new(cut, cut.SequenceEqual(values, StringComparer.Ordinal) ? [] : ["cut"]);
        }

        var known = values.Select(v => options.FirstOrDefault(o => o != ProfileField.Unknown && string.Equals(o, v, StringComparison.OrdinalIgnoreCase))).ToList();
        return new([.. values.Select((v, i) => known[i] ?? v).Distinct(StringComparer.Ordinal)], known.Contains(null) ? ["not-in-list"] : []);
    }

    private static string[] Split(string supplied)
    {
        var items = supplied.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return items.Length == 0 ? [supplied.Trim()] : items;
    }
}

/// <summary>Rules for the free texts of one language.</summary>
/// <param name="Script">The language's script; null where the language has no known one.</param>
/// <param name="Banned">Words that a text must not use.</param>
/// <param name="Echo">The prompt, which a text must not repeat.</param>
internal sealed record TextRules(ScriptCheck? Script, BannedWords Banned, PromptEcho Echo)
{
    // A text that may be this long keeps its paragraphs.
    private const int ParagraphsFrom = 1_000;

    /// <summary>The rules of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="language">BCP 47; null where only attributes are written.</param>
    public static TextRules For(Profile profile, string? language) =>
        new(language is null ? null : ScriptCheck.For(language), new(profile.Avoid), new($"{profile.System}\n{profile.Instruction}"));

    /// <summary>The text without markup.</summary>
    public static string Clean(string text, ProfileField field) => MarkdownText.Clean(text, keepParagraphs: field.MaxCharacters >= ParagraphsFrom);

    /// <summary>True where copy is in another script than the language's.</summary>
    public bool IsForeign(string text, ProfileField field) => !field.IsAttribute && Script?.IsWrong(text) == true;

    /// <summary>True where copy can't begin with this piece, which has letters of another script.</summary>
    public bool IsForeignStart(string piece, ProfileField field) => !field.IsAttribute && Script?.IsForeign(piece) == true;
}
