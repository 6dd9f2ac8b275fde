using System.Text.RegularExpressions;

namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>SKUs in file names: <c>SKU-2.jpg</c>, <c>SKU_2.jpg</c> and <c>SKU (2).jpg</c> show <c>SKU</c>, 1 to 99.</summary>
internal static partial class SkuNames
{
    /// <summary>The name without the view's number; null where it has none.</summary>
    public static string? WithoutView(string stem) => View().Match(stem) is { Success: true } match ? stem[..match.Index] : null;

    /// <summary>The file's name without folders and ending.</summary>
    public static string Stem(string imageName) => Path.GetFileNameWithoutExtension(imageName[(imageName.LastIndexOf('/') + 1)..]);

    /// <summary>The name of the folder that holds it; null at the top.</summary>
    public static string? FolderOf(string imageName)
    {
        var end = imageName.LastIndexOf('/');
        return end <= 0 ? null : imageName[(imageName.LastIndexOf('/', end - 1) + 1)..end];
    }

    [GeneratedRegex(@"(?<=.)([-_](?!00?$)[0-9]{1,2}| ?\((?!00?\))[0-9]{1,2}\))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex View();
}
