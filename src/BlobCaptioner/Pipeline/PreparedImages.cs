using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Images;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline;

/// <summary>An image after reading and preparing.</summary>
/// <param name="ETag">The version that was read, without quotes.</param>
/// <param name="ContentHash">SHA-256 of its bytes; null for a file too large to be read.</param>
/// <param name="Outcome">The prepared image, or the reason why there is none.</param>
internal sealed record PreparedSource(string ETag, string? ContentHash, PreparationOutcome Outcome);

/// <summary>Prepares images, and stores the prepared images.</summary>
internal sealed class PreparedImages(CaptionStorage storage, IImagePreparer preparer)
{
    private const string MadeFromKey = "madefrom";

    /// <inheritdoc cref="ImagePreparer.Describe"/>
    public string Preparation(int imageTokenBudget) => preparer.Describe(imageTokenBudget);

    /// <summary>The preparation of a rejected image. It contains the limits, so that images are tried again after a limit was raised.</summary>
    public string RejectedBy(string preparation) => $"{preparation};{preparer.LimitsKey}";

    /// <summary>Name of the prepared image of these bytes.</summary>
    public static string NameOf(string contentHash, string preparation) =>
        TextHash.Of($"{contentHash}\n{preparation}") + ".jpg";

    /// <summary>Reads one version of an image and prepares it, without storing the result.</summary>
    /// <param name="name">The image blob's name.</param>
    /// <param name="etag">The version, without quotes.</param>
    /// <param name="imageTokenBudget">Most image tokens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if that version is gone.</returns>
    public async Task<PreparedSource?> PrepareAsync(string name, string etag, int imageTokenBudget, CancellationToken cancellationToken)
    {
        BlobDownloadStreamingResult image;
        try
        {
            image = await storage.Images.GetBlobClient(name).DownloadStreamingAsync(
                new() { Conditions = new() { IfMatch = new ETag(etag) } }, cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 404 or 412)
        {
            return null;
        }

        await using var content = image.Content;
        using var hash = SHA256.Create();
        await using var hashed = new CryptoStream(content, hash, CryptoStreamMode.Read, leaveOpen: true);
        try
        {
            var outcome = await preparer.PrepareAsync(hashed, name, image.Details.ContentLength, imageTokenBudget, cancellationToken);
            return new(etag, hashed.HasFlushedFinalBlock ? Convert.ToHexStringLower(hash.Hash!) : null, outcome);
        }
        catch (RequestFailedException error) when (error.Status is 404 or 412)
        {
            // The version was gone when a cut connection was resumed.
            return null;
        }
    }

    /// <summary>Stores a prepared image unless it exists.</summary>
    /// <param name="preparedName">Its name.</param>
    /// <param name="jpeg">Its bytes.</param>
    /// <param name="madeFrom">Name of the image that it was made from. An image with the same bytes finds the finished copy by it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StoreAsync(string preparedName, ReadOnlyMemory<byte> jpeg, string madeFrom, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Prepared.GetBlobClient(preparedName).UploadAsync(
                new BinaryData(jpeg),
                new BlobUploadOptions
                {
                    Conditions = new() { IfNoneMatch = ETag.All },
                    HttpHeaders = new() { ContentType = "image/jpeg" },
                    Metadata = MadeFrom(madeFrom),
                },
                cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412)
        {
            // It exists: from an image with the same bytes, or from an earlier attempt.
        }
    }

    /// <summary>Loads a prepared image; null if the lifecycle rule has deleted it.</summary>
    /// <returns>Its bytes, and the name of the image that it was made from; null for none.</returns>
    public async Task<(ReadOnlyMemory<byte> Jpeg, string? MadeFrom)?> LoadAsync(string preparedName, CancellationToken cancellationToken)
    {
        try
        {
            var blob = (await storage.Prepared.GetBlobClient(preparedName).DownloadContentAsync(cancellationToken)).Value;
            return (blob.Content.ToMemory(), ReadMadeFrom(blob.Details.Metadata));
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>SHA-256 of an image's present bytes, lower-case hex, and its present ETag without quotes; null where it is gone.</summary>
    public async Task<(string ETag, string ContentHash)?> HashAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var image = (await storage.Images.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            return (image.Details.ETag.Plain(), Convert.ToHexStringLower(await SHA256.HashDataAsync(image.Content, cancellationToken)));
        }
        catch (RequestFailedException error) when (error.Status is 404 or 412)
        {
            return null;
        }
    }

    /// <summary>Replaces the name of the image that a prepared image was made from. Does nothing if the prepared image is gone.</summary>
    public async Task NoteMadeFromAsync(string preparedName, string madeFrom, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Prepared.GetBlobClient(preparedName).SetMetadataAsync(MadeFrom(madeFrom), cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            // The lifecycle rule has deleted it.
        }
    }

    // Metadata is ASCII, at most 8 KB; a name of 1,024 characters makes at most 4 KB of base64.
    private static Dictionary<string, string> MadeFrom(string name) =>
        new(StringComparer.OrdinalIgnoreCase) { [MadeFromKey] = Convert.ToBase64String(Encoding.UTF8.GetBytes(name)) };

    private static string? ReadMadeFrom(IDictionary<string, string> metadata)
    {
        var value = metadata.FirstOrDefault(m => m.Key.Equals(MadeFromKey, StringComparison.OrdinalIgnoreCase)).Value ?? "";
        var bytes = new byte[value.Length];
        return value.Length > 0 && Convert.TryFromBase64String(value, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
