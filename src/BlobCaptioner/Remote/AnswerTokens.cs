using System.Text;
using System.Text.Json;
using OpenAI.Chat;

namespace BlobCaptioner.Remote;

/// <summary>An answer's tokens with their probabilities, and where in it each value stands.</summary>
internal sealed class AnswerTokens
{
    private static readonly Encoding Latin1 = Encoding.Latin1;

    private readonly IReadOnlyList<ChatTokenLogProbabilityDetails> _tokens;
    private readonly List<string> _pieces;
    private readonly Dictionary<string, List<(int Start, int Length)>> _places;

    private AnswerTokens(IReadOnlyList<ChatTokenLogProbabilityDetails> tokens, List<string> pieces, byte[] answer) =>
        (_tokens, _pieces, _places) = (tokens, pieces, Places(answer));

    /// <summary>The tokens; null where the server gave none, or where they don't spell the answer.</summary>
    public static AnswerTokens? Of(ServerReply reply)
    {
        if (reply.Tokens.Count == 0 || reply.Tokens.Any(t => t.Utf8Bytes is null))
        {
            return null;
        }

        // Bytes as Latin-1 text: one character for each byte, with string operations.
        var pieces = reply.Tokens.Select(t => Latin1.GetString(t.Utf8Bytes!.Value.Span)).ToList();
        var answer = Encoding.UTF8.GetBytes(reply.Text);
        return string.Concat(pieces) == Latin1.GetString(answer) ? new(reply.Tokens, pieces, answer) : null;
    }

    /// <summary>The path of a key in one of the answer's objects.</summary>
    public static string Path(string? section, string key) => $"{section}\u001f{key}";

    /// <summary>
    /// How sure the model was of each of the texts at a path: at each token of a value, its probability among those of the reported alternatives that lead to an allowed
    /// value, multiplied along the value, as the local engine does over its token trie. Null where the tokens don't show it.
    /// </summary>
    /// <remarks>An upper bound: alternatives that the server does not report (it gives the likeliest few) count as impossible.</remarks>
    public double? OfChoice(string path, IReadOnlyList<string> options)
    {
        if (!_places.TryGetValue(path, out var places))
        {
            return null;
        }

        var allowed = options.Select(v => Latin1.GetString(Encoding.UTF8.GetBytes(v)) + "\"").ToList();
        var confidence = places.Aggregate(1.0, (product, place) => product * OfValue(allowed, place.Start, place.Length + 1));
        return double.IsFinite(confidence) ? confidence : null;
    }

    /// <summary>How sure the model was of free text at a path: the geometric mean of its tokens' probabilities, multiplied over the items of a list.</summary>
    public double? OfText(string path)
    {
        if (!_places.TryGetValue(path, out var places))
        {
            return null;
        }

        var confidence = 1.0;
        foreach (var (start, length) in places)
        {
            var inside = Inside(start, length).ToList();
            confidence *= inside.Count == 0 ? 1 : Math.Exp(inside.Average(t => (double)_tokens[t.Index].LogProbability));
        }

        return double.IsFinite(confidence) ? confidence : null;
    }

    private double OfValue(List<string> allowed, int start, int length)
    {
        var confidence = 1.0;
        var value = string.Concat(_pieces).Substring(start, length);
        foreach (var (i, position) in Inside(start, length))
        {
            var lead = _pieces[i][..Math.Max(0, start - position)];
            var before = value[..Math.Max(0, position - start)];
            var own = Math.Exp(_tokens[i].LogProbability);
            var others = _tokens[i].TopLogProbabilities
                .Where(t => t.Utf8Bytes is not null)
                .Select(t => (Piece: Latin1.GetString(t.Utf8Bytes!.Value.Span), P: Math.Exp(t.LogProbability)))
                .Where(t => t.Piece != _pieces[i] && t.Piece.Length > lead.Length && t.Piece.StartsWith(lead, StringComparison.Ordinal))
                .Where(t => LeadsTo(allowed, before + t.Piece[lead.Length..]))
                .Sum(t => t.P);
            confidence *= own > 0 ? own / (own + others) : 0;
        }

        return confidence;
    }

    /// <summary>The tokens that have a byte of a stretch, with the byte at which each begins.</summary>
    private IEnumerable<(int Index, int Position)> Inside(int start, int length)
    {
        var position = 0;
        for (var i = 0; i < _pieces.Count && position < start + length; position += _pieces[i++].Length)
        {
            if (position + _pieces[i].Length > start && _pieces[i].Length > 0)
            {
                yield return (i, position);
            }
        }
    }

    private static bool LeadsTo(List<string> allowed, string text) =>
        allowed.Exists(v => v.StartsWith(text, StringComparison.Ordinal) || text.StartsWith(v, StringComparison.Ordinal));

    /// <summary>First byte and length of each text, between its quotes; of the items of lists in their order.</summary>
    private static Dictionary<string, List<(int Start, int Length)>> Places(byte[] answer)
    {
        var places = new Dictionary<string, List<(int, int)>>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(answer);
        var (section, name) = ((string?)null, "");
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when reader.CurrentDepth == 1:
                    section = name;
                    break;
                case JsonTokenType.EndObject:
                    section = null;
                    break;
                case JsonTokenType.PropertyName:
                    name = reader.GetString()!;
                    break;
                case JsonTokenType.String:
                    var path = Path(section, name);
                    var list = places.TryGetValue(path, out var known) ? known : places[path] = [];
                    list.Add(((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
                    break;
                default:
                    break;
            }
        }

        return places;
    }
}
