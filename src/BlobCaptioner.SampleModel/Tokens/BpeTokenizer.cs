using System.Text;
using System.Text.RegularExpressions;

namespace BlobCaptioner.SampleModel.Tokens;

/// <summary>
/// Byte-level BPE as llama.cpp reads it with <c>tokenizer.ggml.pre = qwen2</c>: the pattern of Qwen's tokenizer splits the text, then pairs are merged in the order in
/// which they were learned. Special tokens come last in the vocabulary.
/// </summary>
internal sealed partial class BpeTokenizer
{
    /// <summary>Special tokens of Qwen3-VL's chat. llama.cpp finds them by their text.</summary>
    public static readonly IReadOnlyList<string> Special =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"];

    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Left, string Right), int> _ranks = [];
    private readonly Dictionary<string, int[]> _known = new(StringComparer.Ordinal);

    /// <summary>Creates a tokenizer of bytes, merges and special tokens.</summary>
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

    /// <summary>All tokens by id, in <see cref="ByteAlphabet"/>; special tokens are plain text.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Id of the first special token.</summary>
    public int FirstSpecial { get; }

    /// <summary>Id of the end-of-turn token.</summary>
    public int EndOfTurn => IdOf("<|im_end|>");

    /// <summary>Splits text before merging: the pattern of llama.cpp's <c>LLAMA_VOCAB_PRE_TYPE_QWEN2</c> (src/llama-vocab.cpp).</summary>
    [GeneratedRegex(
        @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.None,
        matchTimeoutMilliseconds: 10_000)]
    public static partial Regex Words { get; }

    /// <summary>The id of a token in the form of <see cref="Tokens"/>.</summary>
    public int IdOf(string token) => _ids[token];

    /// <summary>UTF-8 bytes of a token; empty for a special token.</summary>
    public byte[] BytesOf(int token) => token >= FirstSpecial ? [] : ByteAlphabet.BytesOf(_tokens[token]);

    /// <summary>Encodes text in which special tokens count as such.</summary>
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

    /// <summary>Encodes text in which special tokens are plain text.</summary>
    public List<int> Encode(string text)
    {
        var ids = new List<int>();
        foreach (var word in Words.EnumerateMatches(text))
        {
            ids.AddRange(EncodeWord(text.Substring(word.Index, word.Length)));
        }

        return ids;
    }

    /// <summary>Decodes ids to text without special tokens.</summary>
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
