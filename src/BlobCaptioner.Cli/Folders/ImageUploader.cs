using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Pictures;

namespace BlobCaptioner.Cli.Folders;

/// <summary>Copies a folder into a container, keeping its tree. What lies there with the same MD5 is not sent again.</summary>
public static class ImageUploader
{
    private const int Parallelism = 4;

    /// <summary>Uploads every file of a folder; one that can't be read or stored is reported and the others go on.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="container">An existing container.</param>
    /// <param name="onUploaded">Told each blob name that was sent. Called from several threads.</param>
    /// <param name="onTrouble">Told each file that failed, or link that was left out, and why. Called from several threads.</param>
    /// <param name="cancellationToken">Stops; what was sent stays.</param>
    /// <exception cref="Hosting.UsageException">There is no such folder.</exception>
    public static async Task<UploadSummary> UploadAsync(
        string folder, BlobContainerClient container, Action<string> onUploaded, Action<string, string> onTrouble, CancellationToken cancellationToken)
    {
        int uploaded = 0, unchanged = 0, failed = 0, links = 0;
        var files = ImageFolder.List(folder, link =>
        {
            links++;
            onTrouble(link, "is a link and was left out; links are not followed");
        });
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files, options, async (file, token) =>
        {
            try
            {
                if (file.BlobName.Length > ImageNames.MaxLength)
                {
                    // Azurite takes it, a storage account does not
                    throw new IOException(
                        $"its name would have {file.BlobName.Length} characters in the container; the limit is {ImageNames.MaxLength}. Shorten a folder's name.");
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
                onTrouble(file.Path, ex is RequestFailedException { Status: > 0 } refused
                    ? $"storage refused it with {refused.Status} {refused.ErrorCode} under the name '{file.BlobName}' ({file.BlobName.Length} characters)"
                    : ex.Message);
            }
        });
        return new(uploaded, unchanged, failed, links);
    }

    private static async Task<bool> UploadAsync(LocalImage file, BlobContainerClient container, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file.Path);
        var hash = await Md5Async(stream, cancellationToken);
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

    /// <summary>Storage's own checksum of a blob's content; not for secrecy.</summary>
    private static async Task<byte[]> Md5Async(Stream stream, CancellationToken cancellationToken)
    {
#pragma warning disable CA5351 // the Content-MD5 header is MD5
        return await MD5.HashDataAsync(stream, cancellationToken);
#pragma warning restore CA5351
    }
}
