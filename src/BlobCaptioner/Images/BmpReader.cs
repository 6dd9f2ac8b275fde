using System.Buffers.Binary;
using System.Numerics;
using NetVips;

namespace BlobCaptioner.Images;

/// <summary>
/// Reads BMP, for which the NetVips build of libvips has no loader: 1, 4, 8, 16, 24 and 32 bits a pixel, uncompressed or with bit fields.
/// Every access is bounds-checked: a damaged file ends in an <see cref="InvalidDataException"/>.
/// Layout: Microsoft's "Bitmap Storage". Alpha is used only where the header names its mask.
/// </summary>
internal sealed class BmpReader
{
    private const int FileHeader = 14;
    private const int BitFields = 3;
    private const int AlphaBitFields = 6;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly int _headerLength;
    private readonly int _bits;
    private readonly bool _topDown;

    // Red, green, blue, alpha; 0 where absent. Only for 16 and 32 bits.
    private readonly uint[] _masks;

    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidDataException">The header is cut off, contradicts itself, or names an unsupported compression.</exception>
    public BmpReader(ReadOnlyMemory<byte> file)
    {
        _file = file;
        _headerLength = Int32(FileHeader);
        var core = _headerLength == 12;
        Width = core ? UInt16(18) : Int32(18);
        var height = core ? UInt16(20) : Int32(22);
        _bits = UInt16(core ? 24 : 28);
        var compression = core ? 0 : Int32(30);
        _topDown = height < 0;
        Height = Math.Abs((long)height) is var rows and <= int.MaxValue ? (int)rows : 0;
        if (Width < 1 || Height < 1 || _bits is not (1 or 4 or 8 or 16 or 24 or 32))
        {
            throw new InvalidDataException($"its header says {Width} x {height} px of {_bits} bits");
        }

        if (compression is not (0 or BitFields or AlphaBitFields) || (compression != 0 && _bits is not (16 or 32)))
        {
            throw new InvalidDataException($"it uses BMP compression {compression}, which is not supported");
        }

        _masks = (compression, _bits) switch
        {
            (0, 16) => [0x7C00, 0x03E0, 0x001F, 0],
            (0, _) => [0xFF0000, 0x00FF00, 0x0000FF, 0],
            _ => [UInt32(54), UInt32(58), UInt32(62), _headerLength >= 56 || compression == AlphaBitFields ? UInt32(66) : 0],
        };
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Decodes all pixels: 3 bytes each, 4 with alpha.</summary>
    /// <exception cref="InvalidDataException">The file ends before its last row.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was set.</exception>
    public Image Read(CancellationToken stop)
    {
        var stride = ((((long)Width * _bits) + 31) / 32) * 4;
        long start = UInt32(10);
        if (start + (stride * Height) > _file.Length)
        {
            throw new InvalidDataException($"it ends after {_file.Length} of {start + (stride * Height)} bytes");
        }

        var bands = _masks[3] == 0 ? 3 : 4;
        var pixels = GC.AllocateUninitializedArray<byte>(checked(Width * Height * bands));
        var palette = _bits <= 8 ? ReadPalette() : [];
        for (var y = 0; y < Height; y++)
        {
            stop.ThrowIfCancellationRequested();
            var stored = _file.Span.Slice((int)(start + (stride * (_topDown ? y : Height - 1 - y))), (int)stride);
            ReadRow(stored, pixels.AsSpan(y * Width * bands, Width * bands), palette);
        }

        using var raw = Image.NewFromMemory(pixels, Width, Height, bands, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private void ReadRow(ReadOnlySpan<byte> stored, Span<byte> row, byte[] palette)
    {
        if (_bits <= 8)
        {
            var perByte = 8 / _bits;
            for (var x = 0; x < Width; x++)
            {
                var index = (stored[x / perByte] >> (8 - _bits - (x % perByte * _bits))) & ((1 << _bits) - 1);
                palette.AsSpan(index * 3, 3).CopyTo(row[(x * 3)..]);
            }
        }
        else if (_bits == 24)
        {
            for (var x = 0; x < Width; x++)
            {
                (row[x * 3], row[(x * 3) + 1], row[(x * 3) + 2]) = (stored[(x * 3) + 2], stored[(x * 3) + 1], stored[x * 3]);
            }
        }
        else
        {
            ReadMaskedRow(stored, row);
        }
    }

    private void ReadMaskedRow(ReadOnlySpan<byte> stored, Span<byte> row)
    {
        var bands = row.Length / Width;
        for (var x = 0; x < Width; x++)
        {
            var value = _bits == 16
                ? BinaryPrimitives.ReadUInt16LittleEndian(stored[(x * 2)..])
                : BinaryPrimitives.ReadUInt32LittleEndian(stored[(x * 4)..]);
            for (var band = 0; band < bands; band++)
            {
                row[(x * bands) + band] = Channel(value, _masks[band]);
            }
        }
    }

    /// <summary>The masked bits as 0 to 255.</summary>
    private static byte Channel(uint value, uint mask)
    {
        if (mask == 0)
        {
            return 0;
        }

        var shift = BitOperations.TrailingZeroCount(mask);
        return (byte)((((ulong)(value & mask) >> shift) * 255) / (mask >> shift));
    }

    /// <summary>256 colours of 3 bytes, so that every index is valid; those that the file lacks are black.</summary>
    private byte[] ReadPalette()
    {
        var palette = new byte[256 * 3];
        var entry = _headerLength == 12 ? 3 : 4;
        var used = _headerLength == 12 ? 0 : UInt32(46);
        var colours = used is 0 or > 256 ? 1 << _bits : (int)used;
        for (var i = 0; i < colours; i++)
        {
            var at = FileHeader + _headerLength + (i * entry);
            Require(at + 3);
            (palette[i * 3], palette[(i * 3) + 1], palette[(i * 3) + 2]) = (_file.Span[at + 2], _file.Span[at + 1], _file.Span[at]);
        }

        return palette;
    }

    private ushort UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Require(at + 2)[at..]);

    private uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Require(at + 4)[at..]);

    private int Int32(int at) => (int)UInt32(at);

    private ReadOnlySpan<byte> Require(long length) =>
        length >= 0 && length <= _file.Length ? _file.Span : throw new InvalidDataException($"it ends after {_file.Length} bytes");
}
