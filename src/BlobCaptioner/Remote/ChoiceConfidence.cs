using System.Text;
using System.Text.Json;
using BlobCaptioner.Captioning;
using OpenAI.Chat;

namespace BlobCaptioner.Remote;

/// <summary>
/// Computes how sure a model was of its choices from its tokens' log probabilities: at each token of a value, its probability among those of the
/// reported alternatives that lead to an allowed value, multiplied along the value, as the local engine does over its token trie.
/// </summary>
/// <remarks>An upper bound: alternatives that the server does not report (it gives the likeliest few) count as impossible.</remarks>
internal static class ChoiceConfidence
{
    private static readonly Encoding Latin1 = Encoding.Latin1;

    /// <summary>The fields, choices with their confidence where the reply allows it, else as they were.</summary>
    public static IReadOnlyList<CaptionField> Add(IReadOnlyList<CaptionField> fields, Profile profile, ServerReply reply)
    {
        if (reply.Tokens.Count == 0 || reply.Tokens.Any(t => t.Utf8Bytes is null))
        {
            return fields;
        }

        // Bytes as Latin-1 text: one character a byte, with string operations at hand.
        var pieces = reply.Tokens.Select(t => Latin1.GetString(t.Utf8Bytes!.Value.Span)).ToList();
        var answer = Encoding.UTF8.GetBytes(reply.Text);
        if (string.Concat(pieces) != Latin1.GetString(answer))
        {
            return fields;
        }

        var starts = ValueStarts(answer);
        return [.. fields.Select((field, i) => profile.Fields[i].Kind == FieldKind.Choice
            ? field with { Confidence = Of(profile.Fields[i].Values, field.Value, starts[field.Name], reply.Tokens, pieces) }
            : field)];
    }

    private static double? Of(
        IReadOnlyList<string> values, string chosen, int start, IReadOnlyList<ChatTokenLogProbabilityDetails> tokens, List<string> pieces)
    {
        var allowed = values.Select(v => Latin1.GetString(Encoding.UTF8.GetBytes(v)) + "\"").ToList();
        var value = Latin1.GetString(Encoding.UTF8.GetBytes(chosen)) + "\"";
        var confidence = 1.0;
        var position = 0;
        for (var i = 0; i < tokens.Count && position < start + value.Length; position += pieces[i++].Length)
        {
            var end = position + pieces[i].Length;
            if (end <= start || pieces[i].Length == 0)
            {
                continue;
            }

            var lead = pieces[i][..Math.Max(0, start - position)];
            var before = value[..Math.Max(0, position - start)];
            var own = Math.Exp(tokens[i].LogProbability);
            var others = tokens[i].TopLogProbabilities
                .Where(t => t.Utf8Bytes is not null)
                .Select(t => (Piece: Latin1.GetString(t.Utf8Bytes!.Value.Span), P: Math.Exp(t.LogProbability)))
                .Where(t => t.Piece != pieces[i] && t.Piece.Length > lead.Length && t.Piece.StartsWith(lead, StringComparison.Ordinal))
                .Where(t => LeadsTo(allowed, before + t.Piece[lead.Length..]))
                .Sum(t => t.P);
            confidence *= own > 0 ? own / (own + others) : 0;
        }

        return double.IsFinite(confidence) ? confidence : null;
    }

    private static bool LeadsTo(List<string> allowed, string text) =>
        allowed.Exists(v => v.StartsWith(text, StringComparison.Ordinal) || text.StartsWith(v, StringComparison.Ordinal));

    /// <summary>Byte after the opening quote of each value.</summary>
    private static Dictionary<string, int> ValueStarts(byte[] answer)
    {
        var starts = new Dictionary<string, int>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(answer);
        var name = "";
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.GetString()!;
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                starts[name] = (int)reader.TokenStartIndex + 1;
            }
        }

        return starts;
    }
}
