namespace BlobCaptioner.Text;

/// <summary>
/// Validates the body of a JSON string byte by byte (RFC 8259 section 7, UTF-8 by RFC 3629). After each byte the string is open, closed, or can no longer become valid. A struct,
/// so that a candidate token is tried on a copy.
/// </summary>
internal struct JsonStringState
{
    private Expect _expect;
    private byte _hexLeft;
    private byte _continuationLeft;
    private byte _continuationMin;
    private byte _continuationMax;
    private ushort _unit;
    private bool _afterHighSurrogate;

    private enum Expect : byte
    {
        Any,
        Escaped,
        Hex,
        Continuation,
        LowSurrogateBackslash,
        LowSurrogateU,
    }

    /// <summary>The state after a byte.</summary>
    public enum Outcome
    {
        /// <summary>The string continues.</summary>
        Open,

        /// <summary>The byte was the closing quote.</summary>
        Closed,

        /// <summary>No continuation makes it a JSON string.</summary>
        Invalid,
    }

    /// <summary>Whole characters (Unicode scalar values) read.</summary>
    public int Characters { get; private set; }

    /// <summary>Bytes read that make up whole characters.</summary>
    public int CompleteBytes { get; private set; }

    /// <summary>Bytes read.</summary>
    public int Bytes { get; private set; }

    /// <summary>Reads one byte. After <see cref="Outcome.Invalid"/> or <see cref="Outcome.Closed"/> the state must not be used any more.</summary>
    public Outcome Read(byte value)
    {
        Bytes++;
        return _expect switch
        {
            Expect.Any => ReadAny(value),
            Expect.Escaped => ReadEscaped(value),
            Expect.Hex => ReadHex(value),
            Expect.Continuation => ReadContinuation(value),
            Expect.LowSurrogateBackslash => Next(value == (byte)'\\', Expect.LowSurrogateU),
            _ => ReadLowSurrogateU(value),
        };
    }

    private Outcome ReadAny(byte value)
    {
        switch (value)
        {
            case (byte)'"':
                return Outcome.Closed;
            case (byte)'\\':
                _expect = Expect.Escaped;
                return Outcome.Open;
            case < 0x20:
                return Outcome.Invalid;
            case < 0x80:
                return Complete();
            case >= 0xC2 and <= 0xDF:
                return Lead(1, 0x80, 0xBF);
            case >= 0xE0 and <= 0xEF:
                return Lead(2, value == 0xE0 ? (byte)0xA0 : (byte)0x80, value == 0xED ? (byte)0x9F : (byte)0xBF);
            case >= 0xF0 and <= 0xF4:
                return Lead(3, value == 0xF0 ? (byte)0x90 : (byte)0x80, value == 0xF4 ? (byte)0x8F : (byte)0xBF);
            default:
                return Outcome.Invalid;
        }
    }

    private Outcome Lead(byte continuation, byte min, byte max)
    {
        (_expect, _continuationLeft, _continuationMin, _continuationMax) = (Expect.Continuation, continuation, min, max);
        return Outcome.Open;
    }

    private Outcome ReadContinuation(byte value)
    {
        if (value < _continuationMin || value > _continuationMax)
        {
            return Outcome.Invalid;
        }

        (_continuationMin, _continuationMax) = (0x80, 0xBF);
        return --_continuationLeft == 0 ? Complete() : Outcome.Open;
    }

    private Outcome ReadEscaped(byte value)
    {
        switch (value)
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                return Complete();
            case (byte)'u':
                (_expect, _hexLeft, _unit) = (Expect.Hex, 4, 0);
                return Outcome.Open;
            default:
                return Outcome.Invalid;
        }
    }

    private Outcome ReadLowSurrogateU(byte value)
    {
        (_hexLeft, _unit, _afterHighSurrogate) = (4, 0, true);
        return Next(value == (byte)'u', Expect.Hex);
    }

    private Outcome ReadHex(byte value)
    {
        if (!char.IsAsciiHexDigit((char)value))
        {
            return Outcome.Invalid;
        }

        _unit = (ushort)((_unit << 4) | HexDigit(value));
        _hexLeft--;
        return _afterHighSurrogate ? ReadLowSurrogateHex() : ReadUnitHex();
    }

    private Outcome ReadLowSurrogateHex()
    {
        // The first digits decide: a low surrogate is DC00 to DFFF.
        if ((_hexLeft == 3 && _unit != 0xD) || (_hexLeft == 2 && _unit is (< 0xDC or > 0xDF)))
        {
            return Outcome.Invalid;
        }

        if (_hexLeft > 0)
        {
            return Outcome.Open;
        }

        _afterHighSurrogate = false;
        return Complete();
    }

    private Outcome ReadUnitHex()
    {
        // A low surrogate without a high one before it.
        if (_hexLeft == 2 && _unit is >= 0xDC and <= 0xDF)
        {
            return Outcome.Invalid;
        }

        if (_hexLeft > 0)
        {
            return Outcome.Open;
        }

        return char.IsHighSurrogate((char)_unit) ? Next(allowed: true, Expect.LowSurrogateBackslash) : Complete();
    }

    private static int HexDigit(byte value) => value <= '9' ? value - '0' : (value | 0x20) - 'a' + 10;

    private Outcome Next(bool allowed, Expect expect)
    {
        _expect = expect;
        return allowed ? Outcome.Open : Outcome.Invalid;
    }

    private Outcome Complete()
    {
        _expect = Expect.Any;
        Characters++;
        CompleteBytes = Bytes;
        return Outcome.Open;
    }
}
