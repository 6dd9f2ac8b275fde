using System.Text;

namespace BlobCaptioner.Tests.Inference;

/// <summary>All bytes, some pieces of more bytes, and control tokens; the longest piece wins.</summary>
internal sealed class ScriptedVocabulary
{
    private readonly List<byte[]> _pieces = [];
    private readonly Dictionary<string, int> _control = new(StringComparer.Ordinal);

    public ScriptedVocabulary(params string[] pieces)
        : this(pieces.Select(Encoding.UTF8.GetBytes))
    {
    }

    public ScriptedVocabulary(IEnumerable<byte[]> pieces)
    {
        _pieces.AddRange(Enumerable.Range(0, 256).Select(b => new[] { (byte)b }));
        _pieces.AddRange(pieces);
        foreach (var name in (string[])["<|end|>", "<|user|>", "<|assistant|>", "<|vision_start|>", "<|vision_end|>"])
        {
            _control[name] = _pieces.Count;
            _pieces.Add([]);
        }
    }

    public int Size => _pieces.Count;

    public int End => _control["<|end|>"];

    public int Control(string name) => _control[name];

    public byte[] Bytes(int token) => _pieces[token];

    public int Piece(string text) => _pieces.FindIndex(p => p.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)));

    public int[] Tokenize(string text, bool parseSpecial)
    {
        var tokens = new List<int>();
        var rest = text;
        while (rest.Length > 0)
        {
            var (name, at) = parseSpecial
                ? _control.Keys.Select(k => (k, rest.IndexOf(k, StringComparison.Ordinal))).Where(k => k.Item2 >= 0).DefaultIfEmpty(("", rest.Length)).MinBy(k => k.Item2)
                : ("", rest.Length);
            AddPlain(tokens, Encoding.UTF8.GetBytes(rest[..at]));
            if (name.Length > 0)
            {
                tokens.Add(_control[name]);
            }

            rest = rest[(at + name.Length)..];
        }

        return [.. tokens];
    }

    private void AddPlain(List<int> tokens, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var best = bytes[0];
            var token = (int)best;
            for (var i = 256; i < _pieces.Count; i++)
            {
                if (_pieces[i].Length > _pieces[token].Length && bytes.StartsWith(_pieces[i]))
                {
                    token = i;
                }
            }

            tokens.Add(token);
            bytes = bytes[_pieces[token].Length..];
        }
    }
}
