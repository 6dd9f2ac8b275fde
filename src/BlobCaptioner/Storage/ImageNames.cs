using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Storage;

/// <summary>Which blob names count as images, which of them storage can carry, and where their records lie.</summary>
public static class ImageNames
{
    /// <summary>Longest blob name that Azure Storage takes, characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>
    /// Most parts between slashes that Azure Storage takes. Source:
    /// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata.
    /// </summary>
    public const int MaxParts = 254;

    private const string Suffix = ".json";

    /// <summary>
    /// True unless the name is reserved: <c>*.json</c>, a file or folder on the path that starts with <c>_</c> or <c>.</c>, a folder marker.
    /// Other extensions do not matter: a blob whose content is not an image is rejected with a record.
    /// </summary>
    public static bool IsImage(string name) =>
        name.Length > 0 && !name.EndsWith('/') && !name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && !name.Split('/').Any(part => part is ['_' or '.', ..]);

    /// <summary>
    /// Why storage, its listing or an address can't carry a blob's name, to be read after the name: <c>has the control character U+0001</c>; null where they can.
    /// Whatever takes a name from outside asks this before it makes an address of it.
    /// </summary>
    public static string? Problem(string name)
    {
        if (name.Length is 0 or > MaxLength)
        {
            return name.Length == 0 ? "is empty" : $"has {name.Length} characters; the limit is {MaxLength}";
        }

        if (IndexOfBad(name) is >= 0 and var at)
        {
            return $"has {What(name[at])} U+{(int)name[at]:X4}";
        }

        var parts = name.Split('/');
        return parts.Length > MaxParts ? $"has {parts.Length} parts between slashes; the limit is {MaxParts}"
            : parts.Any(p => p is "." or "..") ? "has a part '.' or '..', which addresses drop"
            : parts[0].Length == 0 || parts[^1].Length == 0 ? "starts or ends with a slash"
            : null;
    }

    /// <summary>A name for messages: at most 200 characters, in one line, characters that can't be shown as <c>\u0001</c>.</summary>
    public static string Printable(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Math.Min(name.Length, 200); i++)
        {
            _ = IsBad(name, i) && name[i] != '\\' ? text.Append($"\\u{(int)name[i]:x4}") : text.Append(name[i]);
        }

        return name.Length > 200 ? $"{text}..." : text.ToString();
    }

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

    private static int IndexOfBad(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (IsBad(name, i))
            {
                return i;
            }
        }

        return -1;
    }

    // Azure Storage takes no control characters, XML has no place for the two noncharacters, and addresses turn a backslash into a slash.
    private static bool IsBad(string name, int at) =>
        char.IsControl(name[at]) || name[at] is '\\' or '\uFFFE' or '\uFFFF'
        || (char.IsHighSurrogate(name[at]) && (at + 1 == name.Length || !char.IsLowSurrogate(name[at + 1])))
        || (char.IsLowSurrogate(name[at]) && (at == 0 || !char.IsHighSurrogate(name[at - 1])));

    private static string What(char bad) =>
        bad == '\\' ? "a backslash," : char.IsSurrogate(bad) ? "half of a surrogate pair," : char.IsControl(bad) ? "the control character" : "the noncharacter";
}
