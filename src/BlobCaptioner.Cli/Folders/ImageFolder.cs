namespace BlobCaptioner.Cli.Folders;

/// <summary>The files of a folder tree that belong in the images container.</summary>
/// <remarks>
/// Every file counts, whatever its extension, since pictures are recognised by content; so do the settings <c>_captioner.json</c> and <c>_catalog.csv</c>.
/// Left out are names that start with a dot, hidden files on Windows (<c>Thumbs.db</c>, <c>desktop.ini</c>), other <c>.json</c> files (records of an earlier
/// <c>--out</c>), and links, which may lead outside.
/// </remarks>
public static class ImageFolder
{
    /// <summary>Folder of the sample pictures, beside the program.</summary>
    public static string Samples => Path.Combine(AppContext.BaseDirectory, "Samples");

    /// <summary>Streams the files, ordered by name so that a run is repeatable.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="leftOut">Called with the path of each link. Links are not followed.</param>
    /// <exception cref="UsageException">The folder is missing or can't be read.</exception>
    public static IEnumerable<LocalImage> List(string folder, Action<string> leftOut)
    {
        Check(folder);
        return Walk(Path.GetFullPath(folder), prefix: "", leftOut);
    }

    /// <summary>Checks that the folder exists, before anything is started.</summary>
    /// <exception cref="UsageException">It does not.</exception>
    public static void Check(string folder)
    {
        var root = Path.GetFullPath(folder);
        if (!Directory.Exists(root))
        {
            throw new UsageException(File.Exists(root)
                ? $"'{folder}' is a file; give its folder. ('captioner describe FILE' describes a single file.)"
                : $"There is no folder '{folder}' (full path '{root}').");
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

/// <summary>A file to upload.</summary>
/// <param name="Path">Full path.</param>
/// <param name="BlobName">Its name in the container: the path below the folder, with <c>/</c>.</param>
public sealed record LocalImage(string Path, string BlobName);
