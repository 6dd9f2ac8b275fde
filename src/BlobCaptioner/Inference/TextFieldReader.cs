using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace BlobCaptioner.Inference;

/// <summary>
/// Takes the tokens of a free-text value, the body of a JSON string, and says which may follow. Ends at the closing quote, past
/// the limit, at the token cap or in a loop.
/// </summary>
internal sealed class TextFieldReader(ISequenceDecoder decoder)
{
    private const int LongestPeriod = 16;

    private readonly List<byte> _raw = [];
    private readonly List<(int Token, int End)> _tokens = [];
    private JsonStringState _state;
    private int _maxCharacters;
    private int _maxTokens;
    private int _loopEnd = -1;
    private bool _hitCap;

    /// <summary>What an accepted token did.</summary>
    public enum Step
    {
        /// <summary>The text goes on; the token belongs into the cache.</summary>
        GoesOn,

        /// <summary>The text has ended; the token does not belong into the cache.</summary>
        Ended,
    }

    /// <summary>Tokens of the value that are in the cache.</summary>
    public int CachedTokens => _tokens.Count;

    /// <summary>The value's cached token at <paramref name="index"/>; -1 before the first.</summary>
    public int TokenAt(int index) => index < 0 ? -1 : _tokens[index].Token;

    /// <summary>Begins a new value.</summary>
    public void Begin(int maxCharacters, int maxTokens)
    {
        _raw.Clear();
        _tokens.Clear();
        _state = default;
        (_maxCharacters, _maxTokens, _loopEnd, _hitCap) = (maxCharacters, maxTokens, -1, false);
    }

    /// <summary>True where the value stays a valid string with this token next.</summary>
    public bool Allows(int token)
    {
        if (decoder.IsEndOfGeneration(token))
        {
            return true;
        }

        var bytes = decoder.GetTokenBytes(token).Span;
        var state = _state;
        foreach (var value in bytes)
        {
            switch (state.Read(value))
            {
                case JsonStringState.Outcome.Closed:
                    return true;
                case JsonStringState.Outcome.Invalid:
                    return false;
                default:
                    break;
            }
        }

        return bytes.Length > 0;
    }

    /// <summary>Takes a token that <see cref="Allows"/>; -1 is taken as an end of generation.</summary>
    public Step Take(int token)
    {
        if (token < 0 || decoder.IsEndOfGeneration(token))
        {
            return Step.Ended;
        }

        foreach (var value in decoder.GetTokenBytes(token).Span)
        {
            if (_state.Read(value) == JsonStringState.Outcome.Closed)
            {
                return Step.Ended;
            }

            _raw.Add(value);
        }

        if (_state.Characters > _maxCharacters || _tokens.Count + 1 >= _maxTokens)
        {
            _hitCap = true;
            return Step.Ended;
        }

        _tokens.Add((token, _raw.Count));
        _loopEnd = FindLoop();
        if (_loopEnd < 0)
        {
            return Step.GoesOn;
        }

        _tokens.RemoveAt(_tokens.Count - 1);
        return Step.Ended;
    }

    /// <summary>The value, and what of its tokens may stay in the cache.</summary>
    public TextFieldValue End()
    {
        var looped = _loopEnd >= 0;
        var rawLength = CompleteLength(looped ? _loopEnd : _raw.Count);
        var text = Decode(rawLength);
        var start = text.Length - text.TrimStart().Length;
        var trimmed = text.Trim();
        var kept = TextLimit.Cut(trimmed, _maxCharacters);
        if (kept < trimmed.Length || looped)
        {
            rawLength = RawLength(start + kept);
        }

        var keptTokens = Keep(rawLength);
        return new TextFieldValue
        {
            Text = trimmed[..kept],
            IsCut = _hitCap || kept < trimmed.Length,
            IsLoop = looped,
            KeptTokens = keptTokens,
            Rest = Rest(keptTokens, rawLength),
        };
    }

    private int CompleteLength(int limit)
    {
        var state = default(JsonStringState);
        for (var i = 0; i < limit && i < _raw.Count; i++)
        {
            state.Read(_raw[i]);
        }

        return state.CompleteBytes;
    }

    private string Decode(int rawLength)
    {
        byte[] json = [(byte)'"', .. CollectionsMarshal.AsSpan(_raw)[..rawLength], (byte)'"'];
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.GetString()!;
    }

    /// <summary>Bytes that stand for the first <paramref name="length"/> UTF-16 units of the decoded text.</summary>
    private int RawLength(int length)
    {
        var state = default(JsonStringState);
        var units = 0;
        var previous = 0;
        for (var i = 0; i < _raw.Count && units < length; i++)
        {
            state.Read(_raw[i]);
            if (state.CompleteBytes == i + 1)
            {
                // Four bytes of UTF-8 and a pair of \u escapes are the two ways to write a scalar of two units.
                var isPair = _raw[previous] >= 0xF0 || i + 1 - previous == 12;
                units += isPair ? 2 : 1;
                previous = i + 1;
            }
        }

        return previous;
    }

    private int Keep(int rawLength)
    {
        var count = _tokens.Count;
        while (count > 0 && _tokens[count - 1].End > rawLength)
        {
            count--;
        }

        return count;
    }

    private string Rest(int tokens, int rawLength)
    {
        var from = tokens == 0 ? 0 : _tokens[tokens - 1].End;
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_raw)[from..Math.Max(from, rawLength)]);
    }

    /// <summary>Where the first round of an obvious loop ends, in bytes; -1 where there is none.</summary>
    /// <remarks>A round of 1 to 16 tokens, repeated to at least 24 tokens and 4 rounds.</remarks>
    private int FindLoop()
    {
        for (var period = 1; period <= LongestPeriod; period++)
        {
            var length = Math.Max(24, period * 4);
            if (_tokens.Count < length)
            {
                continue;
            }

            var from = _tokens.Count - length;
            var same = true;
            for (var i = from + period; i < _tokens.Count && same; i++)
            {
                same = _tokens[i].Token == _tokens[i - period].Token;
            }

            if (same)
            {
                return _tokens[from + period - 1].End;
            }
        }

        return -1;
    }
}
