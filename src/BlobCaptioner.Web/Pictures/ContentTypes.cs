namespace BlobCaptioner.Web.Pictures;

/// <summary>Types under which files are stored and pictures shown, by their names' endings.</summary>
internal static class ContentTypes
{
    private static readonly Dictionary<string, string> s_pictures = new(StringComparer.OrdinalIgnoreCase)
    {
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".png"] = "image/png",
        [".webp"] = "image/webp",
        [".gif"] = "image/gif",
        [".bmp"] = "image/bmp",
        [".avif"] = "image/avif",
        [".tif"] = "image/tiff",
        [".tiff"] = "image/tiff",
    };

    /// <summary>What a file is stored as: preparation looks at the content alone, but a browser wants to know.</summary>
    public static string Of(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".json" => "application/json",
        ".csv" => "text/csv",
        var ending => s_pictures.GetValueOrDefault(ending, "application/octet-stream"),
    };

    /// <summary>True where a browser shows it and runs nothing in it: SVG, HTML and whatever else is downloaded instead.</summary>
    public static bool IsShown(string name) => s_pictures.ContainsKey(Path.GetExtension(name));
}
