using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Pictures;

namespace BlobCaptioner.Cli.Folders;

/// <summary>Copies a folder tree into a container. Files that are there with the same MD5 are not sent again.</summary>
public static class ImageUploader
{
    private const int Parallelism = 4;

    /// <summary>Uploads every file of a folder. A file that can't be read or stored is reported, and the upload goes on.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="container">An existing container.</param>
    /// <param name="onUploaded">Called with each blob name that was sent; must be thread-safe.</param>
    /// <param name="onProblem">Called with each file that failed or link that was left out, and the reason; must be thread-safe.</param>
    /// <param name="cancellationToken">Stops. Uploaded files stay.</param>
    /// <exception cref="UsageException">The folder does not exist.</exception>
    public static async Task<UploadSummary> UploadAsync(
        string folder, BlobContainerClient container, Action<string> onUploaded, Action<string, string> onProblem, CancellationToken cancellationToken)
    {
        int uploaded = 0, unchanged = 0, failed = 0, links = 0;
        var files = ImageFolder.List(folder, link =>
        {
            links++;
            onProblem(link, "is a link and was left out; links are not followed");
        });
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files, options, async (file, token) =>
        {
            try
            {
                if (ImageNames.Problem(file.BlobName) is { } why)
                {
                    // Azurite accepts some of them, a storage account does not
                    throw new IOException($"its name in the container {why}. Rename it or its folder.");
                }

                if (await UploadAsync(file, container, token))
                {
                    Interlocked.Increment(ref uploaded);
                    onUploaded(file.BlobName);
                }
                else
                {
                    Interlocked.Increment(ref unchanged);
                }
            }
            catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or RequestFailedException or UriFormatException)
            {
                Interlocked.Increment(ref failed);
                onProblem(ImageNames.Printable(file.Path), ex is RequestFailedException { Status: > 0 } refused
                    ? $"storage refused it with {refused.Status} {refused.ErrorCode} under the name '{file.BlobName}' ({file.BlobName.Length} characters)"
                    : ex.Message);
            }
        });
        return new(uploaded, unchanged, failed, links);
    }

    private static async Task<bool> UploadAsync(LocalImage file, BlobContainerClient container, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file.Path);
#pragma warning disable CA5351 // storage's checksum of a blob is MD5
        var hash = await MD5.HashDataAsync(stream, cancellationToken);
#pragma warning restore CA5351
        var blob = container.GetBlobClient(file.BlobName);
        if (await HasAsync(blob, stream.Length, hash, cancellationToken))
        {
            return false;
        }

        stream.Position = 0;
        var headers = new BlobHttpHeaders
        {
            ContentHash = hash,
            ContentType = ContentTypes.Of(file.Path),
        };
        await blob.UploadAsync(stream, new BlobUploadOptions { HttpHeaders = headers }, cancellationToken);
        return true;
    }

    private static async Task<bool> HasAsync(BlobClient blob, long length, byte[] hash, CancellationToken cancellationToken)
    {
        try
        {
            var present = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return present.ContentLength == length && present.ContentHash is { } known && known.AsSpan().SequenceEqual(hash);
        }
        catch (RequestFailedException ex) when (ex.Status == 404)
        {
            return false;
        }
    }
}

/// <summary>The result of an upload: numbers of files.</summary>
/// <param name="Uploaded">New or changed files that were uploaded.</param>
/// <param name="Unchanged">Files that were in the container already, with the same MD5.</param>
/// <param name="Failed">Files that could not be read or stored.</param>
/// <param name="Links">Links, which are not followed.</param>
public sealed record UploadSummary(int Uploaded, int Unchanged, int Failed, int Links);
