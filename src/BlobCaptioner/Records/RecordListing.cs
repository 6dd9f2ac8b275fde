using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>Streams a container's records in name order, in constant memory.</summary>
/// <remarks>
/// One listing with metadata, and at most <see cref="Parallelism"/> downloads at once. Skips other files, and records that were copied to another image's name.
/// </remarks>
/// <param name="images">The images' container.</param>
public sealed class RecordListing(BlobContainerClient images)
{
    /// <summary>Most downloads at once.</summary>
    public const int Parallelism = 16;

    /// <summary>Called with the name of each record that can't be read; null for no callback.</summary>
    public Action<string>? OnUnreadable { get; init; }

    /// <summary>Reads the records.</summary>
    /// <param name="prefix">Only names that start with this; null for all.</param>
    /// <param name="status">Only records of this outcome; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async IAsyncEnumerable<ListedRecord> ReadAsync(string? prefix, RecordStatus? status, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new Queue<Task<(string BlobName, RecordFile File)>>(Parallelism);
        try
        {
            await foreach (var blob in images.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix }, cancellationToken))
            {
                if (!MayBeRecord(blob, status))
                {
                    continue;
                }

                if (ImageNames.Problem(blob.Name) is not null)
                {
                    OnUnreadable?.Invoke(blob.Name);
                    continue;
                }

                window.Enqueue(ReadAsync(blob.Name, abandon.Token));
                if (window.Count == Parallelism && Choose(await window.Dequeue(), status) is { } next)
                {
                    yield return next;
                }
            }

            while (window.TryDequeue(out var rest))
            {
                if (Choose(await rest, status) is { } next)
                {
                    yield return next;
                }
            }
        }
        finally
        {
            await abandon.CancelAsync();
            foreach (var left in window)
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    /// <summary>One record by its blob's name, which may come from another record; null where there is none, or no blob can have that name.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<CaptionRecord?> FindAsync(string blobName, CancellationToken cancellationToken) =>
        ImageNames.Problem(blobName) is null ? (await ReadAsync(blobName, cancellationToken)).File.Record : null;

    /// <summary>Parses a record; it has none where it belongs to another blob.</summary>
    public static RecordFile Parse(BinaryData content, string blobName)
    {
        var file = RecordFile.Read(content);
        return file.Record is { } record && !IsOf(record, blobName) ? new(Record: null, Problem: null) : file;
    }

    private static bool IsOf(CaptionRecord record, string blobName) =>
        ImageNames.RecordFor(record.Image.Name) == blobName || (ProductRecords.IsProductRecord(blobName) && record.Product is not null);

    private static bool MayBeRecord(BlobItem blob, RecordStatus? status) =>
        blob.Name.EndsWith(".json", StringComparison.Ordinal)
        && blob.Properties.ContentLength is null or <= RecordFile.MaxBytes
        && ImageNames.IsImage(blob.Name[..^".json".Length])
        && (status is null || RecordReceipt.FromMetadata(blob.Metadata) is not { } receipt || receipt.Status == status);

    private ListedRecord? Choose((string BlobName, RecordFile File) read, RecordStatus? status)
    {
        if (read.File.Problem is not null)
        {
            OnUnreadable?.Invoke(read.BlobName);
        }

        return read.File.Record is { } record && (status is null || record.Status == status) ? new(read.BlobName, record) : null;
    }

    private async Task<(string BlobName, RecordFile File)> ReadAsync(string blobName, CancellationToken cancellationToken)
    {
        try
        {
            // Looked up by name, it may be of any size.
            var (content, _, _) = await images.GetBlobClient(blobName).ReadUpToAsync(RecordFile.MaxBytes, cancellationToken);
            return (blobName, content is null ? new(Record: null, Problem: null) : Parse(content, blobName));
        }
        catch (RequestFailedException error) when (error.Status is 404 or 409)
        {
            // 404: deleted since the listing. 409: in the archive tier, for example.
            return (blobName, new(Record: null, error.Status == 409 ? error.ErrorCode : null));
        }
    }
}

/// <summary>A record of the container.</summary>
/// <param name="BlobName">The record's own name.</param>
/// <param name="Record">Its content.</param>
public sealed record ListedRecord(string BlobName, CaptionRecord Record);
