using System.Globalization;

namespace BlobCaptioner.Text;

/// <summary>Words and phrases that a text must not have: whole words, ignoring case; in scripts without spaces anywhere.</summary>
/// <param name="words">The words; blank ones are ignored.</param>
internal sealed class BannedWords(IReadOnlyList<string> words)
{
    private readonly string[] _words = [.. words.Select(w => w.Trim()).Where(w => w.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>True for an empty list.</summary>
    public bool IsEmpty => _words.Length == 0;

    /// <summary>Finds the first banned word.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where it begins, in UTF-16.</param>
    public bool TryFind(string text, out int start) => TryFindCompleted(text, isEnd: true, out start);

    /// <summary>Finds the first banned word that is complete: no further character can make it part of a longer word.</summary>
    /// <param name="text">The text so far.</param>
    /// <param name="isEnd">True where nothing follows.</param>
    /// <param name="start">Where it begins, in UTF-16.</param>
    public bool TryFindCompleted(string text, bool isEnd, out int start)
    {
        start = -1;
        foreach (var word in _words)
        {
            for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                if (IsBorder(text, at, word, isEnd))
                {
                    start = start < 0 ? at : Math.Min(start, at);
                    break;
                }
            }
        }

        return start >= 0;
    }

    private static bool IsBorder(string text, int at, string word, bool isEnd)
    {
        if (IsSpaceless(word))
        {
            return true;
        }

        var end = at + word.Length;
        var before = at == 0 || !IsPartOfWord(text[at - 1]) || !IsPartOfWord(word[0]);
        var after = end == text.Length ? isEnd : !IsPartOfWord(text[end]) || !IsPartOfWord(word[^1]);
        return before && after;
    }

    private static bool IsPartOfWord(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    // Chinese, Japanese and Thai have no spaces.
    private static bool IsSpaceless(string word) =>
        word.EnumerateRunes().Any(r => r.Value is (>= 0x0E00 and <= 0x0E7F) or (>= 0x2E80 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF));
}
