using System.Text.RegularExpressions;

namespace BlobCaptioner.Text;

/// <summary>Removes markup from plain text.</summary>
internal static partial class MarkdownText
{
    // Milliseconds. All patterns are bounded, so this is never reached.
    private const int MatchTimeout = 1_000;

    /// <summary>True for a piece that occurs in markup only: <c>**</c>, <c>__</c>, <c>```</c>, <c>##</c>, <c>&lt;/</c>.</summary>
    public static bool IsMarkup(string piece) =>
        piece.Contains("**", StringComparison.Ordinal) || piece.Contains("__", StringComparison.Ordinal) || piece.Contains("``", StringComparison.Ordinal)
        || piece.Contains("##", StringComparison.Ordinal) || piece.Contains("</", StringComparison.Ordinal);

    /// <summary>The text without emphasis, headings, list markers, code marks, links and tags.</summary>
    /// <param name="text">The text.</param>
    /// <param name="keepParagraphs">True keeps line breaks, at most one empty line at a time; false makes them spaces.</param>
    public static string Clean(string text, bool keepParagraphs)
    {
        var clean = Tag().Replace(text, "");
        clean = Link().Replace(clean, "${text}");
        clean = LineStart().Replace(clean, "");
        clean = Emphasis().Replace(clean, "${text}");
        clean = Marks().Replace(clean, "");
        clean = Control().Replace(clean.ReplaceLineEndings("\n"), " ");
        clean = keepParagraphs ? EmptyLines().Replace(Spaces().Replace(clean, " "), "\n\n") : White().Replace(clean, " ");
        return clean.Trim();
    }

    [GeneratedRegex(@"</?[A-Za-z][^<>]{0,200}>", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Tag();

    [GeneratedRegex(@"!?\[(?<text>[^\[\]]{0,300})\]\([^()\s]{1,500}\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Link();

    [GeneratedRegex(@"^[ \t]*(?:#{1,6}[ \t]+|[-*+•][ \t]+|>[ \t]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline, MatchTimeout)]
    private static partial Regex LineStart();

    [GeneratedRegex(@"(?<![\w*])(?<mark>\*|_)(?=\S)(?<text>[^*_\n]{1,200}?)(?<=\S)\k<mark>(?![\w*])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Emphasis();

    [GeneratedRegex(@"\*\*+|__+|`+|#{2,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Marks();

    [GeneratedRegex(@"[\u0000-\u0009\u000B-\u001F\u007F\u0085\u2028\u2029]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Control();

    [GeneratedRegex(@"[ ]{2,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[ ]*\n[ ]*(?:\n[ ]*)+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex EmptyLines();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex White();
}
