using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Images;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Intake;

/// <summary>An image, read and prepared in one go.</summary>
/// <param name="ETag">The version that was read, without quotes.</param>
/// <param name="ContentHash">SHA-256 of its bytes; null where it was too large to be read.</param>
/// <param name="Outcome">The prepared image or why there is none.</param>
internal sealed record PreparedSource(string ETag, string? ContentHash, PreparationOutcome Outcome);

/// <summary>Turns images into prepared images, and keeps those.</summary>
internal sealed class PreparedImages(CaptionStorage storage, ImagePreparer preparer)
{
    /// <inheritdoc cref="ImagePreparer.Describe"/>
    public string Preparation(int imageTokenBudget) => preparer.Describe(imageTokenBudget);

    /// <summary>The same for pictures that this preparation turned down: its limits belong to it, so that raising one has them tried again.</summary>
    public string RejectedBy(string preparation) => $"{preparation};{preparer.LimitsKey}";

    /// <summary>Where the prepared image of these bytes lies.</summary>
    public static string NameOf(string contentHash, string preparation) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contentHash}\n{preparation}"))) + ".jpg";

    /// <summary>Reads exactly one version of an image and prepares it; nothing is stored.</summary>
    /// <param name="name">The image blob's name.</param>
    /// <param name="etag">The version, without quotes.</param>
    /// <param name="imageTokenBudget">Most image tokens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where that version is gone.</returns>
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
            // A cut connection was resumed, and the version was gone by then.
            return null;
        }
    }

    /// <summary>Stores a prepared image unless it is there already.</summary>
    public async Task StoreAsync(string preparedName, ReadOnlyMemory<byte> jpeg, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Prepared.GetBlobClient(preparedName).UploadAsync(
                new BinaryData(jpeg),
                new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All }, HttpHeaders = new() { ContentType = "image/jpeg" } },
                cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412)
        {
            // The same bytes, prepared the same way: from another name, or from an earlier attempt.
        }
    }

    /// <summary>Loads a prepared image; null where the lifecycle rule has removed it.</summary>
    public async Task<ReadOnlyMemory<byte>?> LoadAsync(string preparedName, CancellationToken cancellationToken)
    {
        try
        {
            return (await storage.Prepared.GetBlobClient(preparedName).DownloadContentAsync(cancellationToken)).Value.Content.ToMemory();
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }
}
