using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BlobCaptioner.Images;

/// <summary>
/// Recognises formats by content, so that each file goes to its own loader only: libvips never guesses, and formats that
/// can fetch or run something (SVG, PDF, PostScript) never reach it.
/// </summary>
internal static class FormatSniffer
{
    private const int TextWindow = 4096;

    public static SourceFormat Sniff(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xD8, 0xFF, ..] => SourceFormat.Jpeg,
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..] => SourceFormat.Png,
        _ when bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8) => SourceFormat.Gif,
        { Length: >= 12 } when bytes.StartsWith("RIFF"u8) => bytes[8..12].SequenceEqual("WEBP"u8) ? SourceFormat.Webp : SourceFormat.Video,
        _ when bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8) => SourceFormat.Tiff,
        { Length: >= 12 } when bytes[4..8].SequenceEqual("ftyp"u8) => SniffIsoMedia(bytes),
        { Length: >= 26 } when bytes.StartsWith("BM"u8) && BinaryPrimitives.ReadUInt32LittleEndian(bytes[14..]) is >= 12 and <= 256 => SourceFormat.Bmp,
        [0xFF, 0x0A, ..] => SourceFormat.JpegXl,
        _ when bytes.StartsWith("\0\0\0\x0CJXL "u8) => SourceFormat.JpegXl,
        [0xFF, 0x4F, 0xFF, 0x51, ..] => SourceFormat.Jpeg2000,
        _ when bytes.StartsWith("\0\0\0\x0CjP  "u8) => SourceFormat.Jpeg2000,
        _ when bytes.StartsWith("8BPS"u8) => SourceFormat.Psd,
        [0, 0, 1 or 2, 0, ..] => SourceFormat.Icon,
        [0x1F, 0x8B, ..] => SniffText(Inflate(bytes)) == SourceFormat.Svg ? SourceFormat.Svg : SourceFormat.Unknown,
        [0xC5, 0xD0, 0xD3, 0xC6, ..] => SourceFormat.PostScript,
        _ when bytes.StartsWith("%!PS"u8) => SourceFormat.PostScript,
        _ when bytes[..Math.Min(bytes.Length, 1024)].IndexOf("%PDF-"u8) >= 0 => SourceFormat.Pdf,
        _ => SniffText(bytes),
    };

    private static SourceFormat SniffIsoMedia(ReadOnlySpan<byte> bytes)
    {
        var boxLength = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes), (uint)Math.Min(bytes.Length, 512));
        var heif = false;
        for (var at = 8; at + 4 <= boxLength; at += 4)
        {
            // Offset 12 holds the minor version, not a brand.
            var brand = bytes.Slice(at, 4);
            if (at != 12 && (brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8)))
            {
                return SourceFormat.Avif;
            }

            heif |= brand.SequenceEqual("heic"u8) || brand.SequenceEqual("heix"u8) || brand.SequenceEqual("hevc"u8)
                || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8);
        }

        return heif ? SourceFormat.Heic : SourceFormat.Video;
    }

    private static SourceFormat SniffText(ReadOnlySpan<byte> bytes)
    {
        var head = bytes[..Math.Min(bytes.Length, TextWindow)];
        var utf16 = head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith("<\0"u8);
        var utf16Big = head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || head.StartsWith("\0<"u8);
        var text = (utf16 ? Encoding.Unicode : utf16Big ? Encoding.BigEndianUnicode : Encoding.Latin1).GetString(head);
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase) || text.Contains(":svg", StringComparison.OrdinalIgnoreCase))
        {
            return SourceFormat.Svg;
        }

        return text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase)
            ? SourceFormat.Html
            : SourceFormat.Unknown;
    }

    private static byte[] Inflate(ReadOnlySpan<byte> gzip)
    {
        var window = new byte[TextWindow];
        try
        {
            using var stream = new GZipStream(new MemoryStream(gzip[..Math.Min(gzip.Length, 2 * TextWindow)].ToArray()), CompressionMode.Decompress);
            return window[..stream.ReadAtLeast(window, window.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }
}

/// <summary>Format of a file, by its first bytes.</summary>
internal enum SourceFormat
{
    Unknown,
    Jpeg,
    Png,
    Webp,
    Gif,
    Tiff,
    Avif,
    Bmp,
    Heic,
    Svg,
    Pdf,
    JpegXl,
    Jpeg2000,
    Psd,
    PostScript,
    Icon,
    Video,
    Html,
}
