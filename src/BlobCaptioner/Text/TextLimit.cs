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
        var kept = 0;
        var characters = 0;
        while (kept < text.Length)
        {
            var length = StringInfo.GetNextTextElementLength(text, kept);
            characters += CountRunes(text.AsSpan(kept, length));
            if (characters > maxCharacters)
            {
                break;
            }

            kept += length;
        }

        // The first grapheme alone exceeds the limit (many combining marks): cut between scalars, so that something is left.
        return kept > 0 || text.Length == 0 ? kept : WholeScalars(text, maxCharacters);
    }

    private static int WholeScalars(string text, int maxCharacters)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes().Take(maxCharacters))
        {
            length += rune.Utf16SequenceLength;
        }

        return length;
    }

    private static int CountRunes(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
