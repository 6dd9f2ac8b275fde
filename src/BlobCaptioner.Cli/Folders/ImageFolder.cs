using BlobCaptioner.Cli.Hosting;

namespace BlobCaptioner.Cli.Folders;

/// <summary>The files of a folder and its folders that belong into the images container.</summary>
/// <remarks>
/// Every file counts, whatever its extension, since pictures are known by their content; and so do <c>_captioner.json</c> and
/// <c>_catalog.csv</c>, which are settings. Left out: names that start with a dot and, on Windows, hidden files (<c>Thumbs.db</c>, <c>desktop.ini</c>), other <c>.json</c> files (records that a former
/// <c>--out</c> wrote), and links, which may lead outside.
/// </remarks>
public static class ImageFolder
{
    /// <summary>Lists the files, ordered by name so that a run is repeatable, as a stream.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="leftOut">Told the path of each link, which is not followed.</param>
    /// <exception cref="UsageException">The folder is missing or can't be read.</exception>
    public static IEnumerable<LocalImage> List(string folder, Action<string> leftOut)
    {
        Check(folder);
        return Walk(Path.GetFullPath(folder), prefix: "", leftOut);
    }

    /// <summary>Looks whether the folder is there, so that nothing is started in vain.</summary>
    /// <exception cref="UsageException">It isn't.</exception>
    public static void Check(string folder)
    {
        var root = Path.GetFullPath(folder);
        if (!Directory.Exists(root))
        {
            throw new UsageException(File.Exists(root)
                ? $"'{folder}' is a file; give the folder that it lies in. ('captioner describe FILE' describes a single file.)"
                : $"There is no folder '{folder}' (looked at '{root}').");
        }
    }

    private static IEnumerable<LocalImage> Walk(string folder, string prefix, Action<string> leftOut)
    {
        FileSystemInfo[] entries;
        try
        {
            entries = new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (UnauthorizedAccessException ex)
        {
            throw new UsageException($"'{folder}' can't be read: {ex.Message}", ex);
        }

        foreach (var entry in entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden))
            {
                continue;
            }

            if (entry.LinkTarget is not null)
            {
                leftOut(entry.FullName);
            }
            else if (entry is DirectoryInfo)
            {
                foreach (var below in Walk(entry.FullName, $"{prefix}{entry.Name}/", leftOut))
                {
                    yield return below;
                }
            }
            else if (entry.Name.StartsWith('_') || !entry.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                yield return new(entry.FullName, prefix + entry.Name);
            }
        }
    }
}
