namespace BlobCaptioner.Images;

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

    /// <summary>True where the file goes on to its trailer. The trailer's byte alone tells nothing: compressed data is full of it.</summary>
    public static bool ReachesEnd(ReadOnlySpan<byte> gif)
    {
        var at = Start(gif);
        while (at < gif.Length && gif[at] is 0x21 or 0x2C)
        {
            // An extension has a label; an image a descriptor, perhaps a colour table, and the minimum code size.
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
