using System.Text.RegularExpressions;

namespace BlobCaptioner.SampleModel.Tokens;

/// <summary>
/// Learns merges from a corpus (Sennrich et al., https://arxiv.org/abs/1508.07909): each step merges the most frequent pair. Pairs of equal counts are ordered by their text, so that a
/// corpus always gives the same tokens.
/// </summary>
internal static class BpeTrainer
{
    /// <summary>Learns merges, the first one first.</summary>
    /// <param name="words">Words (see <see cref="BpeTokenizer.Words"/>) with their counts, at least 1.</param>
    /// <param name="maxMerges">Largest number of merges.</param>
    /// <param name="minCount">Smallest count of a pair that is merged.</param>
    public static List<(string Left, string Right)> Learn(IReadOnlyDictionary<string, long> words, int maxMerges, long minCount)
    {
        var split = words.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (Parts: ByteAlphabet.Split(w.Key), Count: w.Value)).ToList();
        var counts = new Dictionary<(string Left, string Right), long>();
        var places = new Dictionary<(string Left, string Right), HashSet<int>>();
        for (var i = 0; i < split.Count; i++)
        {
            Count(i, 1);
        }

        var merges = new List<(string Left, string Right)>();
        while (merges.Count < maxMerges && counts.Count > 0)
        {
            var best = counts.Aggregate((a, b) => IsBefore(b, a) ? b : a);
            if (best.Value < minCount)
            {
                break;
            }

            merges.Add(best.Key);
            foreach (var word in places[best.Key].ToList())
            {
                Count(word, -1);
                Merge(split[word].Parts, best.Key);
                Count(word, 1);
            }
        }

        return merges;

        void Count(int word, int sign)
        {
            var (parts, count) = split[word];
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                var pair = (parts[i], parts[i + 1]);
                var now = counts.GetValueOrDefault(pair) + (sign * count);
                if (now <= 0)
                {
                    counts.Remove(pair);
                    places.Remove(pair);
                    continue;
                }

                counts[pair] = now;
                if (!places.TryGetValue(pair, out var at))
                {
                    places[pair] = at = [];
                }

                if (sign > 0)
                {
                    at.Add(word);
                }
            }
        }
    }

    /// <summary>Counts the words of weighted texts.</summary>
    public static Dictionary<string, long> CountWords(IEnumerable<(string Text, long Weight)> texts)
    {
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (text, weight) in texts)
        {
            foreach (Match match in BpeTokenizer.Words.Matches(text))
            {
                words[match.Value] = words.GetValueOrDefault(match.Value) + weight;
            }
        }

        return words;
    }

    private static bool IsBefore(KeyValuePair<(string Left, string Right), long> a, KeyValuePair<(string Left, string Right), long> b)
    {
        var order = b.Value.CompareTo(a.Value);
        order = order != 0 ? order : string.CompareOrdinal(a.Key.Left, b.Key.Left);
        return (order != 0 ? order : string.CompareOrdinal(a.Key.Right, b.Key.Right)) < 0;
    }

    private static void Merge(List<string> parts, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < parts.Count; i++)
        {
            if (parts[i] == pair.Left && parts[i + 1] == pair.Right)
            {
                parts[i] += parts[i + 1];
                parts.RemoveAt(i + 1);
            }
        }
    }
}
