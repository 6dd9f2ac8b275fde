using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>An image in a listing.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
/// <param name="LastModified">When it was uploaded, by storage's clock.</param>
/// <param name="HasRecord">True if a blob with its record's name exists.</param>
/// <param name="Receipt">The receipt in that blob's metadata; null without one.</param>
internal sealed record ListedImage(string Name, string ETag, DateTimeOffset? LastModified, bool HasRecord, RecordReceipt? Receipt);

/// <summary>Reads images and their records from one listing with metadata, as a stream: memory does not grow with the container.</summary>
internal static class ImageListing
{
    /// <summary>
    /// Reads a container. A record follows its image in name order, so an image waits only until the listing has passed its record's name.
    /// If an account orders names differently, the record counts as missing here, and intake finds it.
    /// </summary>
    /// <param name="images">The images' container.</param>
    /// <param name="prefix">Only names that start with this; null for all.</param>
    /// <param name="onProduct">Called with each product record's name and receipt; null for no listener.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static IAsyncEnumerable<ListedImage> ReadAsync(
        BlobContainerClient images, string? prefix, Action<string, RecordReceipt?>? onProduct, CancellationToken cancellationToken) =>
        PairAsync(AgedAsync(images.GetBlobsAsync(Options(prefix), cancellationToken).AsPages(), blob => blob), onProduct, cancellationToken);

    /// <summary>Reads one folder, without its sub-folders.</summary>
    public static IAsyncEnumerable<ListedImage> ReadFolderAsync(
        BlobContainerClient images, string prefix, Action<string, RecordReceipt?> onProduct, CancellationToken cancellationToken)
    {
        var options = new GetBlobsByHierarchyOptions { Traits = BlobTraits.Metadata, Delimiter = "/", Prefix = prefix };
        return PairAsync(AgedAsync(images.GetBlobsByHierarchyAsync(options, cancellationToken).AsPages(), item => item.IsBlob ? item.Blob : null), onProduct, cancellationToken);
    }

    /// <summary>Reads a container in pages, from any page on. An image whose record is on the next page counts as one without; intake finds the record.</summary>
    /// <param name="images">The images' container.</param>
    /// <param name="prefix">Only names that start with this; null for all.</param>
    /// <param name="from">Continuation token of an earlier listing; null for the start.</param>
    /// <param name="pageSize">Blobs on a page, 1 to 5,000.</param>
    /// <param name="onProduct">Called with each product record's name and receipt.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Pages, each with the continuation token of the next; empty for the last.</returns>
    public static async IAsyncEnumerable<(IAsyncEnumerable<ListedImage> Images, string Next)> ReadPagesAsync(
        BlobContainerClient images, string? prefix, string? from, int pageSize, Action<string, RecordReceipt?> onProduct, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in images.GetBlobsAsync(Options(prefix), cancellationToken).AsPages(from, pageSize))
        {
            yield return (PairAsync(Aged(page, blob => blob).ToAsyncEnumerable(), onProduct, cancellationToken), page.ContinuationToken ?? "");
        }
    }

    private static GetBlobsOptions Options(string? prefix) => new() { Traits = BlobTraits.Metadata, Prefix = prefix };

    private static async IAsyncEnumerable<ListedImage> PairAsync(
        IAsyncEnumerable<(BlobItem Blob, TimeSpan? Age)> blobs, Action<string, RecordReceipt?>? onProduct, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new Dictionary<string, ListedImage>(StringComparer.Ordinal);
        var order = new PriorityQueue<string, string>(StringComparer.Ordinal);
        await foreach (var (blob, age) in blobs.WithCancellation(cancellationToken))
        {
            while (order.TryPeek(out var passed, out _) && string.CompareOrdinal(passed, blob.Name) < 0)
            {
                order.Dequeue();
                if (waiting.Remove(passed, out var missing))
                {
                    yield return missing;
                }
            }

            if (waiting.Remove(blob.Name, out var found))
            {
                yield return found with { HasRecord = true, Receipt = Receipt(blob, age) };
            }
            else if (ImageNames.IsImage(blob.Name) && !IsFolder(blob.Metadata))
            {
                var record = ImageNames.RecordFor(blob.Name);
                waiting[record] = new(blob.Name, blob.Properties.ETag?.Plain() ?? "", blob.Properties.LastModified, HasRecord: false, Receipt: null);
                order.Enqueue(record, record);
            }
            else if (onProduct is not null && ProductRecords.IsProductRecord(blob.Name))
            {
                onProduct(blob.Name, Receipt(blob, age));
            }
        }

        foreach (var rest in waiting.Values)
        {
            yield return rest;
        }
    }

    private static RecordReceipt? Receipt(BlobItem blob, TimeSpan? age) => RecordReceipt.FromMetadata(blob.Metadata) is { } receipt ? receipt with { Age = age } : null;

    private static async IAsyncEnumerable<(BlobItem Blob, TimeSpan? Age)> AgedAsync<T>(IAsyncEnumerable<Page<T>> pages, Func<T, BlobItem?> blobOf)
        where T : notnull
    {
        await foreach (var page in pages)
        {
            foreach (var blob in Aged(page, blobOf))
            {
                yield return blob;
            }
        }
    }

    // Both times are storage's, so that no clock here matters.
    private static IEnumerable<(BlobItem Blob, TimeSpan? Age)> Aged<T>(Page<T> page, Func<T, BlobItem?> blobOf)
        where T : notnull
    {
        var now = page.GetRawResponse().Headers.Date;
        return from item in page.Values
               let blob = blobOf(item)
               where blob is not null
               select (blob, now - blob.Properties.LastModified);
    }

    /// <summary>True for the empty blobs that represent folders in accounts with a hierarchical namespace.</summary>
    public static bool IsFolder(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.Any(m => m.Key.Equals("hdi_isfolder", StringComparison.OrdinalIgnoreCase) && m.Value.Equals("true", StringComparison.OrdinalIgnoreCase));
}
