namespace BlobCaptioner.Text;

/// <summary>Detects texts that repeat their prompt: six words in a row, or twelve characters in scripts without spaces.</summary>
internal sealed class PromptEcho(string prompt)
{
    private const int Words = 6;

    private readonly HashSet<string> _runs = [.. Runs(prompt)];

    /// <summary>True where the text has a run of the prompt's words.</summary>
    public bool IsIn(string text) => _runs.Count > 0 && Runs(text).Any(_runs.Contains);

    private static IEnumerable<string> Runs(string text)
    {
        var words = new List<string>();
        foreach (var word in text.Split([' ', '\n', '\t', ',', '.', ';', ':', '"', '(', ')', '!', '?'], StringSplitOptions.RemoveEmptyEntries))
        {
            // Scripts without spaces: two characters count as a word, so twelve as a run.
            if (word.Any(c => c is >= '\u2E80' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' or >= '\u0E00' and <= '\u0E7F'))
            {
                words.AddRange(Enumerable.Range(0, word.Length / 2).Select(i => word.Substring(2 * i, 2)));
            }
            else
            {
                words.Add(word.ToLowerInvariant());
            }
        }

        for (var i = 0; i + Words <= words.Count; i++)
        {
            yield return string.Join(' ', words.Skip(i).Take(Words));
        }
    }
}
