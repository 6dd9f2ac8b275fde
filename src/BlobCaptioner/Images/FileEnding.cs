using System.Buffers.Binary;

namespace BlobCaptioner.Images;

/// <summary>Tells a file that was cut off from one that is damaged inside, once decoding has failed.</summary>
internal static class FileEnding
{
    // Some cameras and editors write a few bytes behind the end marker.
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
