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
    /// True unless the name is reserved: <c>*.json</c>, a file or folder on the path that starts with <c>_</c> or <c>.</c>, a folder marker.
    /// Other extensions do not matter: a blob whose content is not an image is rejected with a record.
    /// </summary>
    public static bool IsImage(string name) =>
        name.Length > 0 && !name.EndsWith('/') && !name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && !name.Split('/').Any(part => part is ['_' or '.', ..]);

    /// <summary>
    /// Name of an image's record: the image's name and <c>.json</c>. Where that has more than 1,024 characters, the image's name is cut, and <c>~</c> with
    /// 16 hex digits of its SHA-256 is inserted. The record still lies beside the image, unless the folder's name alone is that long.
    /// </summary>
    public static string RecordFor(string imageName) => Append(imageName, Suffix);

    /// <summary>The name and the suffix, the name cut as <see cref="RecordFor"/> says.</summary>
    internal static string Append(string name, string suffix)
    {
        if (name.Length + suffix.Length <= MaxLength)
        {
            return name + suffix;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
        var keep = MaxLength - suffix.Length - hash.Length - 1;
        return $"{name.AsSpan(0, char.IsHighSurrogate(name[keep - 1]) ? keep - 1 : keep)}~{hash}{suffix}";
    }
}
