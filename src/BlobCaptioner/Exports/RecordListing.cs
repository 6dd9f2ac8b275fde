using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Intake;
using BlobCaptioner.Results;

namespace BlobCaptioner.Exports;

/// <summary>Every record of a container as a stream in name order: memory does not grow with the container.</summary>
/// <remarks>
/// One listing with metadata, and <see cref="Parallelism"/> bodies under way at most. What is no record is passed over: files of somebody else, and
/// records that were copied to another picture's name.
/// </remarks>
public sealed class RecordListing
{
    /// <summary>Bodies that are read at once.</summary>
    public const int Parallelism = 16;

    // The largest copy that a profile can ask for is far below.
    private const long MaxBytes = 4 * 1024 * 1024;

    private readonly BlobContainerClient _images;

    /// <summary>Creates a listing over the images' container.</summary>
    public RecordListing(BlobContainerClient images) => _images = images;

    /// <summary>Reads them.</summary>
    /// <param name="prefix">Only names that start with this; null for all.</param>
    /// <param name="status">Only records that ended so; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async IAsyncEnumerable<ListedRecord> ReadAsync(string? prefix, RecordStatus? status, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new Queue<Task<ListedRecord?>>(Parallelism);
        try
        {
            await foreach (var blob in _images.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix }, cancellationToken))
            {
                if (!MayBeRecord(blob, status))
                {
                    continue;
                }

                window.Enqueue(ReadAsync(blob.Name, abandon.Token));
                if (window.Count == Parallelism && await window.Dequeue() is { } next && (status is null || next.Record.Status == status))
                {
                    yield return next;
                }
            }

            while (window.TryDequeue(out var rest))
            {
                if (await rest is { } next && (status is null || next.Record.Status == status))
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

    /// <summary>One record by its blob's name; null where there is none.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<CaptionRecord?> FindAsync(string blobName, CancellationToken cancellationToken) => (await ReadAsync(blobName, cancellationToken))?.Record;

    /// <summary>A record out of its bytes; null where they are none of that blob's.</summary>
    public static CaptionRecord? Parse(BinaryData content, string blobName)
    {
        try
        {
            var record = JsonSerializer.Deserialize(content.ToMemory().Span, CaptionJson.Record);
            return record is { SchemaVersion: 1, Image.Name.Length: > 0 }
                && (ImageNames.RecordFor(record.Image.Name) == blobName || (ProductRecords.IsProductRecord(blobName) && record.Product is not null))
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool MayBeRecord(BlobItem blob, RecordStatus? status) =>
        blob.Name.EndsWith(".json", StringComparison.Ordinal)
        && blob.Properties.ContentLength is null or <= MaxBytes
        && ImageNames.IsImage(blob.Name[..^".json".Length])
        && (status is null || RecordReceipt.FromMetadata(blob.Metadata) is not { } receipt || receipt.Status == status);

    private async Task<ListedRecord?> ReadAsync(string blobName, CancellationToken cancellationToken)
    {
        try
        {
            var content = (await _images.GetBlobClient(blobName).DownloadContentAsync(cancellationToken)).Value.Content;
            return Parse(content, blobName) is { } record ? new(blobName, record) : null;
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            // deleted since it was listed
            return null;
        }
    }
}
