using System.Text;
using System.Text.RegularExpressions;

namespace BlobCaptioner.SampleModel.Tokens;

/// <summary>
/// Byte-level BPE as llama.cpp reads it with <c>tokenizer.ggml.pre = qwen2</c>: text is split by the pattern of Qwen's tokenizer, then pairs are merged in the order in
/// which they were learned. Special tokens come last in the vocabulary.
/// </summary>
internal sealed partial class BpeTokenizer
{
    /// <summary>Special tokens of Qwen3-VL's chat that llama.cpp looks up by their text.</summary>
    public static readonly IReadOnlyList<string> Special =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"];

    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Left, string Right), int> _ranks = [];
    private readonly Dictionary<string, int[]> _known = new(StringComparer.Ordinal);

    /// <param name="merges">Pairs in the order in which they are merged.</param>
    public BpeTokenizer(IReadOnlyList<(string Left, string Right)> merges)
    {
        Merges = merges;
        for (var value = 0; value < 256; value++)
        {
            Add(ByteAlphabet.LetterOf((byte)value).ToString());
        }

        for (var rank = 0; rank < merges.Count; rank++)
        {
            _ranks[merges[rank]] = rank;
            Add(merges[rank].Left + merges[rank].Right);
        }

        FirstSpecial = _tokens.Count;
        foreach (var special in Special)
        {
            Add(special);
        }
    }

    /// <summary>Pairs in the order in which they are merged.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>All tokens in <see cref="ByteAlphabet"/>, special ones as they are.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Id of the first special token.</summary>
    public int FirstSpecial { get; }

    /// <summary>Id of the token that ends a turn.</summary>
    public int EndOfTurn => IdOf("<|im_end|>");

    /// <summary>Splits text before merging; the pattern of llama.cpp's <c>LLAMA_VOCAB_PRE_TYPE_QWEN2</c> (src/llama-vocab.cpp).</summary>
    [GeneratedRegex(
        @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.None,
        matchTimeoutMilliseconds: 10_000)]
    public static partial Regex Words { get; }

    /// <summary>The id of a token.</summary>
    public int IdOf(string token) => _ids[token];

    /// <summary>UTF-8 bytes of a token; none for a special one.</summary>
    public byte[] BytesOf(int token) => token >= FirstSpecial ? [] : ByteAlphabet.BytesOf(_tokens[token]);

    /// <summary>Text to ids; special tokens in it are read as such.</summary>
    public List<int> EncodeChat(string text)
    {
        var ids = new List<int>();
        var from = 0;
        while (from < text.Length)
        {
            var (at, special) = Special.Select(s => (At: text.IndexOf(s, from, StringComparison.Ordinal), Special: s)).Where(f => f.At >= 0).DefaultIfEmpty((text.Length, "")).Min();
            ids.AddRange(Encode(text[from..at]));
            if (special.Length > 0)
            {
                ids.Add(IdOf(special));
            }

            from = at + special.Length;
        }

        return ids;
    }

    /// <summary>Text to ids; no special tokens.</summary>
    public List<int> Encode(string text)
    {
        var ids = new List<int>();
        foreach (var word in Words.EnumerateMatches(text))
        {
            ids.AddRange(EncodeWord(text.Substring(word.Index, word.Length)));
        }

        return ids;
    }

    /// <summary>Ids to text; special tokens are left out.</summary>
    public string Decode(IEnumerable<int> ids) => Encoding.UTF8.GetString([.. ids.SelectMany(BytesOf)]);

    private int[] EncodeWord(string word)
    {
        if (_known.TryGetValue(word, out var known))
        {
            return known;
        }

        var parts = ByteAlphabet.Split(word);
        while (true)
        {
            var (best, bestRank) = (-1, int.MaxValue);
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (_ranks.TryGetValue((parts[i], parts[i + 1]), out var rank) && rank < bestRank)
                {
                    (best, bestRank) = (i, rank);
                }
            }

            if (best < 0)
            {
                return _known[word] = [.. parts.Select(p => _ids[p])];
            }

            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    private void Add(string token)
    {
        if (_ids.TryAdd(token, _tokens.Count))
        {
            _tokens.Add(token);
        }
    }
}
