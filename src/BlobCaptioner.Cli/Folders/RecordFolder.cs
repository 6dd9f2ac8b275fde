using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Folders;

/// <summary>A folder that gets a copy of every record, in the container's tree.</summary>
public sealed class RecordFolder
{
    private readonly string _folder;

    /// <summary>Opens the folder; it is made if missing.</summary>
    /// <exception cref="Hosting.UsageException">It can't be made.</exception>
    public RecordFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new Hosting.UsageException($"--out '{folder}' can't be written: {ex.Message}", ex);
        }
    }

    /// <summary>Writes one record, a picture's or a product's. Safe from any thread; an older copy is replaced as a whole.</summary>
    public void Write(CaptionRecord record) =>
        Write(CaptionStore.NameOf(record), CaptionStore.Serialize(record));

    /// <summary>Copies the records that are not here yet or differ: those that other workers or earlier runs wrote.</summary>
    /// <param name="images">The images' container.</param>
    /// <param name="cancellationToken">Stops; what was copied stays.</param>
    /// <returns>How many were copied.</returns>
    public async Task<int> SyncAsync(BlobContainerClient images, CancellationToken cancellationToken)
    {
        var copied = 0;
        await foreach (var blob in images.GetBlobsAsync(new() { Traits = BlobTraits.Metadata }, cancellationToken))
        {
            if (RecordReceipt.FromMetadata(blob.Metadata) is null || IsHere(blob))
            {
                continue;
            }

            var content = await images.GetBlobClient(blob.Name).DownloadContentAsync(cancellationToken);
            Write(blob.Name, content.Value.Content);
            copied++;
        }

        return copied;
    }

    private bool IsHere(BlobItem blob)
    {
        var file = new FileInfo(SafePath.Under(_folder, blob.Name));

        // both sides are whole files written once; a record written later is also newer
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
            // a full disk, or on Windows a program that holds the record open
            File.Delete(part);
        }
    }
}
