using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Web.Pictures;

/// <summary>Checks names that visitors send, before they become part of a storage address.</summary>
internal static class PictureNames
{
    /// <summary>A picture's name.</summary>
    /// <exception cref="ApiException">It can't be one, or could lead out of the container.</exception>
    public static string Image(string? name)
    {
        var sound = Sound(name);
        return ImageNames.IsImage(sound)
            ? sound
            : throw Invalid(sound, "It counts as no picture: names that end in '.json' or '/', or have a part that starts with '_' or '.', are not.", "Choose another name.");
    }

    /// <summary>A picture's or a product record's name.</summary>
    /// <exception cref="ApiException">It can be neither.</exception>
    public static string Item(string? name) => ProductRecords.IsProductRecord(Sound(name)) ? name! : Image(name);

    /// <summary>A folder: empty, or ending in a slash.</summary>
    /// <exception cref="ApiException">It can't be one.</exception>
    public static string Folder(string? name)
    {
        var folder = (name ?? "").Trim('/');
        return folder.Length == 0 ? "" : Sound(folder) + "/";
    }

    private static string Sound(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw Invalid("", "There is no name.", "Give it as ?name=FOLDER/FILE.");
        }

        if (name.Length > ImageNames.MaxLength)
        {
            throw Invalid(name[..40] + "…", $"It has {name.Length} characters; the limit is {ImageNames.MaxLength}.", "Shorten it.");
        }

        // "images/../other/x" would be read as "other/x" on its way to storage.
        if (name.Split('/').Any(p => p is "" or "." or "..") || name.Any(c => c == '\\' || char.IsControl(c)) || !IsWhole(name))
        {
            throw Invalid(name, "It has an empty part, '.', '..', a backslash, a control character or half a character.", "Rename the file.");
        }

        return name;
    }

    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static ApiException Invalid(string name, string why, string remedy) => new(400, "name-invalid", $"'{name}' is no name here. {why}", remedy);
}
