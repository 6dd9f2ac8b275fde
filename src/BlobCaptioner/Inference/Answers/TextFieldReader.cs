using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Answers;

/// <summary>
/// Takes the tokens of a free-text value, the body of a JSON string, and says which may follow. Ends at the closing quote, past
/// the limit, at the token cap or in a loop.
/// </summary>
/// <param name="decoder">Knows the tokens' bytes.</param>
/// <param name="maxCharacters">Most Unicode scalar values.</param>
/// <param name="maxTokens">Most tokens.</param>
/// <param name="isNumber">True for digits and at most one point between them.</param>
internal sealed class TextFieldReader(ISequenceDecoder decoder, int maxCharacters, int maxTokens, bool isNumber)
{
    private const int LongestPeriod = 16;

    private readonly List<byte> _raw = [];
    private readonly List<(int Token, int End)> _tokens = [];
    private JsonStringState _state;
    private int _loopEnd = -1;
    private bool _hitCap;

    /// <summary>Tokens of the value, the one taken last included where it made it go on or loop.</summary>
    public int Tokens => _tokens.Count;

    /// <summary>The value's cached token at <paramref name="index"/>; -1 before the first.</summary>
    public int TokenAt(int index) => index < 0 ? -1 : _tokens[index].Token;

    /// <summary>True where the value stays a valid string with this token next.</summary>
    public bool Allows(int token)
    {
        if (decoder.IsEndOfGeneration(token))
        {
            return true;
        }

        var bytes = decoder.GetTokenBytes(token).Span;
        var state = _state;
        var point = isNumber && _raw.Contains((byte)'.');
        var length = _raw.Count;
        foreach (var value in bytes)
        {
            if (isNumber && value != (byte)'"' && !IsPartOfNumber(value, length++, ref point))
            {
                return false;
            }

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

    private static bool IsPartOfNumber(byte value, int at, ref bool hasPoint)
    {
        if (value != (byte)'.')
        {
            return value is >= (byte)'0' and <= (byte)'9';
        }

        var isFirst = !hasPoint && at > 0;
        hasPoint = true;
        return isFirst;
    }

    /// <summary>The text so far, as far as it is whole characters.</summary>
    public string TextSoFar() => Decode(_state.CompleteBytes);

    /// <summary>The first token that has a part of the text from <paramref name="start"/> (UTF-16) on.</summary>
    public int TokenOf(int start)
    {
        var raw = RawLength(start);
        var token = _tokens.FindIndex(t => t.End > raw);
        return token >= 0 ? token : Math.Max(0, _tokens.Count - 1);
    }

    /// <summary>Forgets all but the first tokens.</summary>
    public void Truncate(int tokens)
    {
        _tokens.RemoveRange(tokens, _tokens.Count - tokens);
        var bytes = tokens == 0 ? 0 : _tokens[^1].End;
        _raw.RemoveRange(bytes, _raw.Count - bytes);
        _state = StateAfter(_raw.Count);
        (_loopEnd, _hitCap) = (-1, false);
    }

    /// <summary>Ends the text at <paramref name="start"/> (UTF-16), where it begins to repeat itself.</summary>
    public void EndBefore(int start) => _loopEnd = RawLength(start);

    /// <summary>Takes a token that <see cref="Allows"/>; -1 is taken as an end of generation. False where the text has ended: the token does not belong into the cache.</summary>
    public bool TryTake(int token)
    {
        if (token < 0 || decoder.IsEndOfGeneration(token))
        {
            return false;
        }

        foreach (var value in decoder.GetTokenBytes(token).Span)
        {
            if (_state.Read(value) == JsonStringState.Outcome.Closed)
            {
                return false;
            }

            _raw.Add(value);
        }

        if (_state.Characters > maxCharacters || _tokens.Count + 1 >= maxTokens)
        {
            _hitCap = true;
            return false;
        }

        _tokens.Add((token, _raw.Count));
        _loopEnd = FindLoop();
        return _loopEnd < 0;
    }

    /// <summary>The value, and what of its tokens may stay in the cache.</summary>
    public TextFieldValue End()
    {
        var looped = _loopEnd >= 0;
        var rawLength = StateAfter(looped ? _loopEnd : _raw.Count).CompleteBytes;
        var text = Decode(rawLength);
        var start = text.Length - text.TrimStart().Length;
        var trimmed = text.Trim();
        var kept = TextLimit.Cut(trimmed, maxCharacters);
        if (kept < trimmed.Length || looped)
        {
            rawLength = RawLength(start + kept);
        }

        var keptTokens = _tokens.FindLastIndex(t => t.End <= rawLength) + 1;
        return new TextFieldValue
        {
            Text = trimmed[..kept],
            IsCut = _hitCap || kept < trimmed.Length,
            IsLoop = looped,
            KeptTokens = keptTokens,
            Rest = Rest(keptTokens, rawLength),
        };
    }

    private JsonStringState StateAfter(int bytes)
    {
        var state = default(JsonStringState);
        foreach (var value in _raw.Take(bytes))
        {
            state.Read(value);
        }

        return state;
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

    private string Rest(int tokens, int rawLength)
    {
        var from = tokens == 0 ? 0 : _tokens[tokens - 1].End;
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_raw)[from..Math.Max(from, rawLength)]);
    }

    /// <summary>Byte at which the first round of a loop ends; -1 without a loop.</summary>
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
            if (Enumerable.Range(from + period, length - period).All(i => _tokens[i].Token == _tokens[i - period].Token))
            {
                return _tokens[from + period - 1].End;
            }
        }

        return -1;
    }
}

/// <summary>How a free-text value ended.</summary>
internal sealed record TextFieldValue
{
    /// <summary>The value, decoded and inside its limit.</summary>
    public required string Text { get; init; }

    /// <summary>True where the model would have gone on.</summary>
    public required bool IsCut { get; init; }

    /// <summary>True where the model repeated itself.</summary>
    public required bool IsLoop { get; init; }

    /// <summary>The value's cached tokens that may stay in the cache.</summary>
    public required int KeptTokens { get; init; }

    /// <summary>The part of the value, as JSON, that the kept tokens lack. It goes before the next literal.</summary>
    public required string Rest { get; init; }
}
