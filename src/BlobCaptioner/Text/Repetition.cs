using System.Text.RegularExpressions;

namespace BlobCaptioner.Text;

/// <summary>Finds repetition in a text: four or more words three times, or a whole sentence of five or more words twice.</summary>
internal static partial class Repetition
{
    private const int Words = 4;
    private const int Times = 3;
    private const int SentenceWords = 5;

    // In scripts without spaces characters are counted instead of words.
    private const int Characters = 12;

    /// <summary>UTF-16 index at which the first superfluous repetition begins; -1 for none.</summary>
    public static int Find(string text)
    {
        var words = Word().Matches(text);
        var byWords = FindWords(words);
        var bySentence = FindSentence(text);
        var byCharacters = words.Count * Characters < text.Length ? FindCharacters(text) : -1;
        return new[] { byWords, bySentence, byCharacters }.Where(i => i >= 0).DefaultIfEmpty(-1).Min();
    }

    private static int FindWords(MatchCollection words)
    {
        var second = Enumerable.Range(0, Math.Max(0, words.Count - Words + 1))
            .GroupBy(i => string.Join(' ', words.Skip(i).Take(Words).Select(w => w.Value)), StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() >= Times)
            .MinBy(g => g.ElementAt(Times - 1))?.ElementAt(1);
        return second is { } i ? words[i].Index : -1;
    }

    private static int FindSentence(string text)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var match in Sentence().Matches(text).Where(m => m.Index + m.Length < text.Length))
        {
            var sentence = match.Value.Trim();
            var isLong = sentence.Count(c => c == ' ') + 1 >= SentenceWords || (sentence.Length >= Characters && !sentence.Contains(' ', StringComparison.Ordinal));
            if (isLong && !seen.Add(sentence))
            {
                return match.Index + match.Length - match.Value.TrimStart().Length;
            }
        }

        return -1;
    }

    private static int FindCharacters(string text)
    {
        for (var length = Characters; length * Times <= text.Length; length++)
        {
            var tail = text.AsSpan(text.Length - length);
            var before = text.AsSpan(text.Length - (2 * length), length);
            if (tail.SequenceEqual(before) && before.SequenceEqual(text.AsSpan(text.Length - (3 * length), length)))
            {
                return text.Length - (2 * length);
            }
        }

        return -1;
    }

    [GeneratedRegex(@"[\p{L}\p{Nd}][\p{L}\p{Nd}'’]*", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Word();

    [GeneratedRegex(@"[^.!?。！？\n]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Sentence();
}
