using System.Globalization;

namespace BlobCaptioner.Text;

/// <summary>Cuts a text to a number of characters: after a sentence, else between words, never inside a grapheme.</summary>
internal static class TextLimit
{
    /// <summary>UTF-16 length of the part of <paramref name="text"/> to keep.</summary>
    /// <param name="text">The text, trimmed.</param>
    /// <param name="maxCharacters">Most Unicode scalar values.</param>
    public static int Cut(string text, int maxCharacters)
    {
        var hard = LastGrapheme(text, maxCharacters);
        if (hard == text.Length)
        {
            return hard;
        }

        // Cutting at a sentence may lose up to a third of the text, cutting at a word up to half.
        for (var i = hard; i > hard * 2 / 3; i--)
        {
            if (IsSentenceEnd(text, i))
            {
                return i;
            }
        }

        for (var i = hard; i > hard / 2; i--)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                return text.AsSpan(0, i).TrimEnd().Length;
            }
        }

        return text.AsSpan(0, hard).TrimEnd().Length;
    }

    private static bool IsSentenceEnd(string text, int end) =>
        text[end - 1] is '。' or '！' or '？'
        || (text[end - 1] is '.' or '!' or '?' or '…' && char.IsWhiteSpace(text[end]));

    private static int LastGrapheme(string text, int maxCharacters)
    {
        var (kept, characters) = (0, 0);
        while (kept < text.Length)
        {
            var grapheme = StringInfo.GetNextTextElement(text, kept);
            characters += grapheme.EnumerateRunes().Count();
            if (characters > maxCharacters)
            {
                break;
            }

            kept += grapheme.Length;
        }

        // The first grapheme alone exceeds the limit (many combining marks): cut between scalars, so that something is left.
        return kept > 0 ? kept : text.EnumerateRunes().Take(maxCharacters).Sum(r => r.Utf16SequenceLength);
    }
}
