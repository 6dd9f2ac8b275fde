using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace BlobCaptioner.Cli.Folders;

/// <summary>File paths for blob names, which may hold characters that a file system does not allow.</summary>
/// <remarks>On file systems that ignore case, as on Windows and macOS, names that differ only in case share a file.</remarks>
public static partial class SafePath
{
    // Linux, macOS and Windows allow at least 255 bytes
    private const int MaxSegmentBytes = 255;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create('\0', '/', '\\');
    private static readonly SearchValues<char> ForbiddenOnWindows =
        SearchValues.Create([.. "<>:\"/\\|?*", .. Enumerable.Range(0, 32).Select(c => (char)c)]);

    /// <summary>
    /// The path below <paramref name="folder"/> for a blob name: a folder for each <c>/</c>, never outside. A character that is not allowed
    /// becomes <c>%XX</c>; a segment over 255 bytes is cut and gets <c>~</c> and 16 hex digits of its hash.
    /// </summary>
    /// <param name="folder">Root of the tree.</param>
    /// <param name="blobName">The blob's name, up to 1,024 characters.</param>
    public static string Under(string folder, string blobName) => Under(folder, blobName, OperatingSystem.IsWindows());

    /// <summary>The same by the rules of Windows, or of Linux and macOS.</summary>
    internal static string Under(string folder, string blobName, bool isWindows)
    {
        var path = Path.GetFullPath(folder);
        foreach (var segment in blobName.Split('/'))
        {
            path = Path.Combine(path, Segment(segment, isWindows));
        }

        return path;
    }

    private static string Segment(string name, bool isWindows)
    {
        if (name.Length == 0)
        {
            return "%2F";
        }

        // "." and ".." lead elsewhere; Windows drops a final dot or blank, and has device names in every folder
        var dots = name.All(c => c is '.');
        var first = isWindows && Device().IsMatch(name) ? 0 : -1;
        var last = isWindows && name[^1] is '.' or ' ' ? name.Length - 1 : -1;
        var forbidden = isWindows ? ForbiddenOnWindows : Forbidden;
        var safe = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var character = name[i];
            if (dots || i == first || i == last || forbidden.Contains(character))
            {
                safe.Append('%').Append(((int)character).ToString("X2"));
            }
            else
            {
                safe.Append(character);
            }
        }

        return Cut(safe.ToString());
    }

    private static string Cut(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxSegmentBytes)
        {
            return name;
        }

        var extension = Path.GetExtension(name) is { Length: > 0 and < 16 } e ? e : "";
        var tail = $"~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16]}{extension}";
        var budget = MaxSegmentBytes - Encoding.UTF8.GetByteCount(tail);
        var kept = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            budget -= rune.Utf8SequenceLength;
            if (budget < 0)
            {
                break;
            }

            kept.Append(rune);
        }

        return kept + tail;
    }

    [GeneratedRegex("^(CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|(COM|LPT)[0-9\u00B9\u00B2\u00B3]) *(\\.|$)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Device();
}
