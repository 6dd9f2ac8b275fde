using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Intake;

/// <summary>One image of a listing.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
/// <param name="LastModified">When it was uploaded, by the storage's clock.</param>
/// <param name="HasRecord">True where a blob lies where its record belongs.</param>
/// <param name="Receipt">What that blob's metadata tells; null without a record, or where it is not one of ours.</param>
internal sealed record ListedImage(string Name, string ETag, DateTimeOffset? LastModified, bool HasRecord, RecordReceipt? Receipt);

/// <summary>Images and their records out of one listing with metadata, as a stream: memory does not grow with the container.</summary>
internal static class ImageListing
{
    /// <summary>
    /// Reads it. A record follows its image in name order, so an image waits only until the listing has passed its record's name.
    /// Should an account order names differently, the record counts as missing here, and intake, which looks for itself, finds it.
    /// </summary>
    public static async IAsyncEnumerable<ListedImage> ReadAsync(
        BlobContainerClient images, string? prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new Dictionary<string, ListedImage>(StringComparer.Ordinal);
        var order = new PriorityQueue<string, string>(StringComparer.Ordinal);
        var options = new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix };
        await foreach (var blob in images.GetBlobsAsync(options, cancellationToken))
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
                yield return found with { HasRecord = true, Receipt = RecordReceipt.FromMetadata(blob.Metadata) };
            }
            else if (ImageNames.IsImage(blob.Name) && !IsFolder(blob.Metadata))
            {
                var record = ImageNames.RecordFor(blob.Name);
                waiting[record] = new(blob.Name, blob.Properties.ETag?.Plain() ?? "", blob.Properties.LastModified, HasRecord: false, Receipt: null);
                order.Enqueue(record, record);
            }
        }

        foreach (var rest in waiting.Values)
        {
            yield return rest;
        }
    }

    /// <summary>True for the empty blobs that stand for folders in accounts with a hierarchical namespace.</summary>
    public static bool IsFolder(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.Any(m => m.Key.Equals("hdi_isfolder", StringComparison.OrdinalIgnoreCase) && m.Value.Equals("true", StringComparison.OrdinalIgnoreCase));
}
