using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Folders;

/// <summary>A folder with a copy of every record, in the container's tree.</summary>
public sealed class RecordFolder
{
    private readonly string _folder;

    /// <summary>Opens the folder, which is created if missing.</summary>
    /// <exception cref="UsageException">It can't be created.</exception>
    public RecordFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out '{folder}' can't be written: {ex.Message}", ex);
        }
    }

    /// <summary>Writes the record of a picture or product, atomically. Thread-safe.</summary>
    public void Write(CaptionRecord record) =>
        Write(CaptionStore.NameOf(record), CaptionStore.Serialize(record));

    /// <summary>Copies the records that are missing here or newer in the container: those of other workers and earlier runs.</summary>
    /// <param name="images">The images' container.</param>
    /// <param name="cancellationToken">Stops. Copies that were made stay.</param>
    /// <returns>The number of copies.</returns>
    public async Task<int> SyncAsync(BlobContainerClient images, CancellationToken cancellationToken)
    {
        var copied = 0;
        await foreach (var blob in images.GetBlobsAsync(new() { Traits = BlobTraits.Metadata }, cancellationToken))
        {
            if (RecordReceipt.FromMetadata(blob.Metadata) is null || blob.Properties.ContentLength > RecordFile.MaxBytes
                || ImageNames.Problem(blob.Name) is not null || IsHere(blob))
            {
                continue;
            }

            try
            {
                var content = await images.GetBlobClient(blob.Name).DownloadContentAsync(cancellationToken);
                Write(blob.Name, content.Value.Content);
                copied++;
            }
            catch (RequestFailedException error) when (error.Status is 404 or 409)
            {
                // deleted since the listing, or in the archive tier
            }
        }

        return copied;
    }

    private bool IsHere(BlobItem blob)
    {
        var file = new FileInfo(SafePath.Under(_folder, blob.Name));

        // files are written as a whole, so an equal length and a later time mean the same record
        return file.Exists && file.Length == blob.Properties.ContentLength && new DateTimeOffset(file.LastWriteTimeUtc) >= blob.Properties.LastModified;
    }

    private void Write(string recordName, BinaryData content)
    {
        var path = SafePath.Under(_folder, recordName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}.part");
        try
        {
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            // the disk is full, or on Windows a program holds the record open
            File.Delete(part);
        }
    }
}

/// <summary>Reads records from a folder tree that <c>up --out</c> wrote.</summary>
internal static class RecordFiles
{
    private static readonly EnumerationOptions s_everyFolder = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    /// <summary>Reads the records in the order of their names. Other JSON files are skipped, and so are records that can't be read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">Prefix of the names, relative to the folder and with slashes; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async IAsyncEnumerable<ListedRecord> ReadAsync(string folder, string? prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(folder);
        var names = Directory.EnumerateFiles(root, "*.json", s_everyFolder)
            .Select(f => Path.GetRelativePath(root, f).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(n => prefix is null || n.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (await TryReadAsync(Path.Combine(root, name), cancellationToken) is { } content && RecordListing.Parse(content, name).Record is { } record)
            {
                yield return new(name, record);
            }
        }
    }

    private static async Task<BinaryData?> TryReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new FileInfo(path) is { Length: <= RecordFile.MaxBytes } ? new(await File.ReadAllBytesAsync(path, cancellationToken)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // deleted meanwhile, or another user's
            return null;
        }
    }
}
