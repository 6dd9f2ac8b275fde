using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace BlobCaptioner.Storage;

/// <summary>Small blobs are read whole, but never one that is too large to be what it should be: whatever lies at a name, a worker's memory holds it.</summary>
internal static class BlobReading
{
    /// <summary>Reads a blob.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="mostBytes">Most bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its content, null where it is larger; its details; the time of the answer, by storage's clock.</returns>
    public static async Task<(BinaryData? Content, BlobDownloadDetails Details, DateTimeOffset Now)> ReadUpToAsync(this BlobClient blob, long mostBytes, CancellationToken cancellationToken)
    {
        var answer = await blob.DownloadStreamingAsync(cancellationToken: cancellationToken);
        using var read = answer.Value;
        var content = read.Details.ContentLength > mostBytes ? null : await BinaryData.FromStreamAsync(read.Content, cancellationToken);
        return (content, read.Details, answer.GetRawResponse().Headers.Date ?? read.Details.LastModified);
    }
}
