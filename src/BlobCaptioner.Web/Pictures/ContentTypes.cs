using Microsoft.AspNetCore.StaticFiles;

namespace BlobCaptioner.Web.Pictures;

/// <summary>Content types under which files are stored and served, by the extension of their name.</summary>
internal static class ContentTypes
{
    private const string Unknown = "application/octet-stream";

    private static readonly FileExtensionContentTypeProvider s_types = new();

    /// <summary>The type that a file of the page is served as.</summary>
    public static string OfClientFile(string name)
    {
        var type = s_types.TryGetContentType(name, out var known) ? known : Unknown;
        return type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type;
    }

    /// <summary>The type that a blob is stored as: of pictures and settings files only, so that a browser never runs what lies in the container.</summary>
    public static string Of(string name) =>
        s_types.TryGetContentType(name, out var type) && (IsInert(type) || type is "application/json" or "text/csv") ? type : Unknown;

    /// <summary>True for pictures that a browser shows without running anything in them. SVG, HTML and all else is downloaded instead.</summary>
    public static bool IsShown(string name) => s_types.TryGetContentType(name, out var type) && IsInert(type);

    private static bool IsInert(string type) => type.StartsWith("image/", StringComparison.Ordinal) && type != "image/svg+xml";
}
