using System.Runtime.CompilerServices;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Folders;

/// <summary>Records out of a folder tree, as <c>up --out</c> writes them.</summary>
internal static class RecordFiles
{
    /// <summary>Reads them in name order; what is no record is passed over.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">Only names, below the folder and with slashes, that start with this; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<ListedRecord> ReadAsync(string folder, string? prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(folder);
        var names = Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(n => prefix is null || n.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var content = new BinaryData(await File.ReadAllBytesAsync(Path.Combine(root, name), cancellationToken));
            if (RecordListing.Parse(content, name).Record is { } record)
            {
                yield return new(name, record);
            }
        }
    }
}
