using System.Buffers.Binary;

namespace BlobCaptioner.Images;

/// <summary>Once decoding has failed, distinguishes a file that was cut off from one that is damaged inside.</summary>
internal static class FileEnding
{
    // Some cameras and editors write a few bytes after the end marker.
    private const int Trailing = 64;

    /// <summary>True where the format's end marker is missing or the length in its header is not reached.</summary>
    public static bool IsMissing(SourceFormat format, ReadOnlySpan<byte> file)
    {
        var tail = file[^Math.Min(file.Length, Trailing)..];
        return format switch
        {
            SourceFormat.Jpeg => tail.IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0,
            SourceFormat.Png => tail.IndexOf("IEND"u8) < 0,
            SourceFormat.Gif => !GifFrames.ReachesEnd(file),
            SourceFormat.Webp => file.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L > file.Length,
            SourceFormat.Bmp => file.Length < 26 || BinaryPrimitives.ReadUInt32LittleEndian(file[2..]) > file.Length,
            SourceFormat.Tiff => file.Length < 8 || FirstDirectory(file) + 2L > file.Length,
            _ => false,
        };
    }

    private static uint FirstDirectory(ReadOnlySpan<byte> tiff) => tiff[0] == (byte)'I'
        ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..])
        : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
}

/// <summary>Walks a GIF's blocks (GIF89a specification, section 12 on) without decoding them.</summary>
internal static class GifFrames
{
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    /// <summary>True where an image descriptor is found before the trailer.</summary>
    public static bool Any(ReadOnlySpan<byte> gif)
    {
        var at = Start(gif);
        while (at < gif.Length && gif[at] == 0x21)
        {
            at = AfterSubBlocks(gif, at + 2);
        }

        return at < gif.Length && gif[at] == 0x2C;
    }

    /// <summary>True where the blocks lead to the trailer. Looking for the trailer's byte is not enough: compressed data contains it.</summary>
    public static bool ReachesEnd(ReadOnlySpan<byte> gif)
    {
        var at = Start(gif);
        while (at < gif.Length && gif[at] is 0x21 or 0x2C)
        {
            // An extension has a label. An image has a descriptor, perhaps a colour table, and the minimum code size.
            at = gif[at] == 0x21
                ? AfterSubBlocks(gif, at + 2)
                : AfterSubBlocks(gif, at + DescriptorLength + (at + 9 < gif.Length ? TableLength(gif[at + 9]) : 0) + 1);
        }

        return at < gif.Length && gif[at] == 0x3B;
    }

    private static int Start(ReadOnlySpan<byte> gif) => gif.Length < HeaderLength ? gif.Length : HeaderLength + TableLength(gif[10]);

    private static int TableLength(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    private static int AfterSubBlocks(ReadOnlySpan<byte> gif, int at)
    {
        while (at < gif.Length && gif[at] != 0)
        {
            at += gif[at] + 1;
        }

        return at + 1;
    }
}
