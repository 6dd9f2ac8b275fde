using System.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>Files that are embedded in this assembly.</summary>
internal static class BuiltInFiles
{
    /// <summary>The text of one.</summary>
    public static string Read(string resource)
    {
        using var stream = typeof(BuiltInFiles).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly holds no '{resource}'.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
