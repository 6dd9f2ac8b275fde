using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BlobCaptioner.Images;

/// <summary>
/// Tells formats by content, so that each file is only ever given to its own loader: libvips never guesses, and formats that
/// can fetch or run something (SVG, PDF, PostScript) never reach it.
/// </summary>
internal static class FormatSniffer
{
    private const int TextWindow = 4096;

    public static SourceFormat Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return SourceFormat.Jpeg;
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            return SourceFormat.Png;
        }

        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
        {
            return SourceFormat.Gif;
        }

        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8))
        {
            return bytes[8..12].SequenceEqual("WEBP"u8) ? SourceFormat.Webp : SourceFormat.Video;
        }

        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8))
        {
            return SourceFormat.Tiff;
        }

        if (bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8))
        {
            return SniffIsoMedia(bytes);
        }

        if (bytes.Length >= 26 && bytes.StartsWith("BM"u8) && BinaryPrimitives.ReadUInt32LittleEndian(bytes[14..]) is >= 12 and <= 256)
        {
            return SourceFormat.Bmp;
        }

        return SniffOther(bytes);
    }

    private static SourceFormat SniffIsoMedia(ReadOnlySpan<byte> bytes)
    {
        var boxLength = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes), (uint)Math.Min(bytes.Length, 512));
        var heif = false;
        for (var at = 8; at + 4 <= boxLength; at += 4)
        {
            // offset 12 holds the minor version, not a brand
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

    private static SourceFormat SniffOther(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || bytes.StartsWith("\0\0\0\x0CJXL "u8))
        {
            return SourceFormat.JpegXl;
        }

        if (bytes.StartsWith("\0\0\0\x0CjP  "u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
        {
            return SourceFormat.Jpeg2000;
        }

        if (bytes.StartsWith("8BPS"u8))
        {
            return SourceFormat.Psd;
        }

        if (bytes.StartsWith("\0\0\x01\0"u8) || bytes.StartsWith("\0\0\x02\0"u8))
        {
            return SourceFormat.Icon;
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return SniffText(Inflate(bytes)) == SourceFormat.Svg ? SourceFormat.Svg : SourceFormat.Unknown;
        }

        if (bytes.StartsWith("%!PS"u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xC5, 0xD0, 0xD3, 0xC6]))
        {
            return SourceFormat.PostScript;
        }

        return bytes[..Math.Min(bytes.Length, 1024)].IndexOf("%PDF-"u8) >= 0 ? SourceFormat.Pdf : SniffText(bytes);
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
