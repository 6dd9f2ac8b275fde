using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Pictures;

/// <summary>Checks names from visitors before they become part of a storage address.</summary>
internal static class PictureNames
{
    /// <summary>A picture's name.</summary>
    /// <exception cref="ApiException">It is not valid, or could lead out of the container.</exception>
    public static string Image(string? name)
    {
        var sound = Checked(name);
        return ImageNames.IsImage(sound)
            ? sound
            : throw Invalid(sound, "Names of pictures do not end in '.json' or '/' and have no part that starts with '_' or '.'.", "Choose another name.");
    }

    /// <summary>A picture's or a product record's name.</summary>
    /// <exception cref="ApiException">It is neither.</exception>
    public static string Item(string? name) => ProductRecords.IsProductRecord(Checked(name)) ? name! : Image(name);

    /// <summary>A folder: empty, or ending in a slash.</summary>
    /// <exception cref="ApiException">It is not valid.</exception>
    public static string Folder(string? name)
    {
        var folder = (name ?? "").Trim('/');
        return folder.Length == 0 ? "" : Checked(folder) + "/";
    }

    private static string Checked(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw Invalid("", "The name is missing.", "Give it as ?name=FOLDER/FILE.");
        }

        return ImageNames.Problem(name) is { } why ? throw Invalid(name, $"It {why}.", "Rename the file.")
            : name.Contains("//", StringComparison.Ordinal) ? throw Invalid(name, "It has an empty part between two slashes.", "Rename the file.")
            : name;
    }

    private static ApiException Invalid(string name, string why, string remedy) =>
        new(400, "name-invalid", $"The name '{ImageNames.Printable(name)}' is not valid. {why}", remedy);
}
