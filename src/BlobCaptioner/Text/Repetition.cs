namespace BlobCaptioner.Text;

/// <summary>Finds repetition in a text: four or more words three times, or a whole sentence of five or more words twice.</summary>
internal static class Repetition
{
    private const int Words = 4;
    private const int Times = 3;
    private const int SentenceWords = 5;

    // In scripts without spaces characters are counted instead of words.
    private const int Characters = 12;

    /// <summary>UTF-16 index at which the first superfluous repetition begins; -1 for none.</summary>
    public static int Find(string text)
    {
        var words = Split(text);
        var byWords = FindWords(text, words);
        var bySentence = FindSentence(text);
        var byCharacters = words.Count * Characters < text.Length ? FindCharacters(text) : -1;
        return new[] { byWords, bySentence, byCharacters }.Where(i => i >= 0).DefaultIfEmpty(-1).Min();
    }

    private static List<(int Start, int Length)> Split(string text)
    {
        var words = new List<(int, int)>();
        for (var i = 0; i < text.Length;)
        {
            if (!char.IsLetterOrDigit(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '\'' or '’'))
            {
                i++;
            }

            words.Add((start, i - start));
        }

        return words;
    }

    private static int FindWords(string text, List<(int Start, int Length)> words)
    {
        var seen = new Dictionary<string, (int Count, int Second)>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i + Words <= words.Count; i++)
        {
            var key = string.Join(' ', words.Skip(i).Take(Words).Select(w => text.Substring(w.Start, w.Length)));
            var (count, second) = seen.GetValueOrDefault(key, (0, -1));
            count++;
            second = count == 2 ? words[i].Start : second;
            if (count == Times)
            {
                return second;
            }

            seen[key] = (count, second);
        }

        return -1;
    }

    private static int FindSentence(string text)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('.' or '!' or '?' or '。' or '！' or '？' or '\n'))
            {
                continue;
            }

            var sentence = text[start..i].Trim();
            var isLong = sentence.Count(c => c == ' ') + 1 >= SentenceWords || (sentence.Length >= Characters && !sentence.Contains(' ', StringComparison.Ordinal));
            if (isLong && !seen.Add(sentence))
            {
                return start + (text[start..i].Length - text[start..i].TrimStart().Length);
            }

            start = i + 1;
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
}
