using System.Text;

namespace BlobCaptioner.Inference.Plans;

/// <summary>
/// The ways to write one of several values, as tokens. Each path is cut out of the tokens of lead + value + tail, so that the model
/// sees the tokens it was trained on even where a token spans the border of two parts.
/// </summary>
internal sealed class TokenTrie
{
    private TokenTrie(Node root, Node? valueRoot) => (Root, ValueRoot) = (root, valueRoot);

    /// <summary>Where the lead begins.</summary>
    public Node Root { get; }

    /// <summary>Where the values begin; null where some token spans lead and value, or the values don't share the lead's tokens.</summary>
    public Node? ValueRoot { get; }

    /// <summary>Builds the trie.</summary>
    /// <param name="decoder">Tokenizes; any thread.</param>
    /// <param name="lead">Text before the value that is not in the cache yet.</param>
    /// <param name="values">The values as they are written in JSON, without quotes.</param>
    /// <param name="tail">Text that always follows the value; begins with the closing quote.</param>
    /// <param name="otherTails">
    /// Other continuations of a complete value (<c>","</c> or <c>"],"</c> after an item of a list): the first token of each stands for "ends here" too.
    /// </param>
    public static TokenTrie Build(ISequenceDecoder decoder, string lead, IReadOnlyList<string> values, string tail, params ReadOnlySpan<string> otherTails)
    {
        var root = new Node();
        var leadBytes = Encoding.UTF8.GetByteCount(lead);
        var starts = new HashSet<Node?>();
        for (var index = 0; index < values.Count; index++)
        {
            var path = FindPath(decoder, lead, values[index], tail);
            var node = root;
            var read = 0;
            Node? start = null;
            root.Reach(index);
            for (var i = 0; i < path.Length; i++)
            {
                start = read == leadBytes ? start ?? node : start;
                node = node.GetOrAdd(path.Tokens[i]);
                node.Reach(index);
                read += decoder.GetTokenBytes(path.Tokens[i]).Length;
            }

            starts.Add(start);
            List<int> ends = path.Length < path.Tokens.Length ? [path.Tokens[path.Length]] : [];
            foreach (var other in otherTails)
            {
                var (tokens, length, _) = FindPath(decoder, lead, values[index], other);
                if (length == path.Length && length < tokens.Length && !ends.Contains(tokens[length]) && tokens.AsSpan(0, length).SequenceEqual(path.Tokens.AsSpan(0, length)))
                {
                    ends.Add(tokens[length]);
                }
            }

            node.End(index, ends, path.TailBytes);
        }

        return new TokenTrie(root, starts.Count == 1 ? starts.Single() : null);
    }

    private static (int[] Tokens, int Length, int TailBytes) FindPath(ISequenceDecoder decoder, string lead, string value, string tail)
    {
        var text = lead + value + tail;
        var tokens = decoder.Tokenize(text, parseSpecial: false);
        var end = Encoding.UTF8.GetByteCount(lead) + Encoding.UTF8.GetByteCount(value);
        if (tokens.Sum(t => decoder.GetTokenBytes(t).Length) != Encoding.UTF8.GetByteCount(text))
        {
            // A tokenizer that changes the text (a space put before it): borders can't be found, so the parts go one by one.
            int[] parts = [.. decoder.Tokenize(lead, parseSpecial: false), .. decoder.Tokenize(value, parseSpecial: false)];
            return ([.. parts, .. decoder.Tokenize(tail, parseSpecial: false)], parts.Length, 0);
        }

        var read = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            read += decoder.GetTokenBytes(tokens[i]).Length;
            if (read >= end)
            {
                return (tokens, i + 1, read - end);
            }
        }

        return (tokens, tokens.Length, 0);
    }

    /// <summary>A place in the trie.</summary>
    internal sealed class Node
    {
        private readonly List<int> _tokens = [];
        private readonly List<Node> _children = [];
        private readonly List<int> _reached = [];

        /// <summary>Tokens that lead on; the nodes they lead to have the same index in <see cref="Children"/>.</summary>
        public IReadOnlyList<int> Tokens => _tokens;

        /// <summary>Nodes that <see cref="Tokens"/> lead to.</summary>
        public IReadOnlyList<Node> Children => _children;

        /// <summary>Index of the value that ends here; -1 for none.</summary>
        public int Value { get; private set; } = -1;

        /// <summary>First tokens of the tails, which stand for "the value ends here" where others go on; empty where the tail has none left.</summary>
        public IReadOnlyList<int> EndTokens { get; private set; } = [];

        /// <summary>Indexes of the values that end here or below.</summary>
        public IReadOnlyList<int> Reached => _reached;

        /// <summary>Bytes of the tail that the path's last token has taken with it.</summary>
        public int TailBytes { get; private set; }

        /// <summary>The node that <paramref name="token"/> leads to.</summary>
        public Node GetOrAdd(int token)
        {
            var index = _tokens.IndexOf(token);
            if (index >= 0)
            {
                return _children[index];
            }

            _tokens.Add(token);
            _children.Add(new Node());
            return _children[^1];
        }

        /// <summary>Marks the end of a value. The first of two values with one path keeps it.</summary>
        public void End(int value, IReadOnlyList<int> endTokens, int tailBytes)
        {
            if (Value < 0)
            {
                (Value, EndTokens, TailBytes) = (value, endTokens, tailBytes);
            }
        }

        /// <summary>Notes a value that ends here or below.</summary>
        public void Reach(int value) => _reached.Add(value);
    }
}
