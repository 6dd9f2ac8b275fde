using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Storage;

/// <summary>Which blob names count as images, and where their records lie.</summary>
public static class ImageNames
{
    /// <summary>Longest blob name that Azure Storage takes.</summary>
    public const int MaxLength = 1024;

    private const string Suffix = ".json";

    /// <summary>
    /// True for every name that is not ours: not <c>*.json</c>, no file or folder on the way that starts with <c>_</c> or <c>.</c>, no folder marker.
    /// The extension says nothing else: what is no image by its content is rejected with a record.
    /// </summary>
    public static bool IsImage(string name)
    {
        if (name.Length == 0 || name.EndsWith('/') || name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        for (var start = 0; start >= 0 && start < name.Length; start = name.IndexOf('/', start) is var slash and >= 0 ? slash + 1 : -1)
        {
            if (name[start] is '_' or '.')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The record's name: the image's with <c>.json</c>. Where that would pass 1,024 characters, the image's name is cut and
    /// <c>~</c> with 16 hex digits of its SHA-256 put in: still a pure function of the image's name, still beside it unless its folder alone is that long.
    /// </summary>
    public static string RecordFor(string imageName)
    {
        if (imageName.Length + Suffix.Length <= MaxLength)
        {
            return imageName + Suffix;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(imageName)))[..16];
        var keep = MaxLength - Suffix.Length - hash.Length - 1;
        if (char.IsHighSurrogate(imageName[keep - 1]))
        {
            keep--;
        }

        return $"{imageName.AsSpan(0, keep)}~{hash}{Suffix}";
    }
}
