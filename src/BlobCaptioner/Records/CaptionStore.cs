using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>Reads and writes caption records: exactly one for an image, never for a version that is no longer there.</summary>
/// <remarks>
/// Every write carries a condition on what was read before, and the image's ETag is looked at before and after. An image that is replaced in between
/// gets the newer version's record from the newer job; for one that is deleted in between the fresh record is taken away again.
/// </remarks>
public sealed class CaptionStore
{
    private readonly BlobContainerClient _images;

    /// <summary>Creates a store over the images' container.</summary>
    public CaptionStore(CaptionStorage storage) => _images = storage.Images;

    /// <summary>Where a record lies: beside its image, or for a product in its views' folder.</summary>
    public static string NameOf(CaptionRecord record) => record.Product is { ViewsHash: not null } product
        ? ProductRecords.NameFor(record.Image.Name, product.Sku)
        : ImageNames.RecordFor(record.Image.Name);

    /// <summary>The record beside an image; null where nothing lies there.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public Task<StoredRecord?> ReadAsync(string imageName, CancellationToken cancellationToken) =>
        ReadBlobAsync(ImageNames.RecordFor(imageName), r => r.Image.Name == imageName && r.Product?.ViewsHash is null, cancellationToken);

    /// <summary>A product's record by its blob's name; null where nothing lies there.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public Task<StoredRecord?> ReadProductAsync(string recordName, CancellationToken cancellationToken) =>
        ReadBlobAsync(recordName, r => r.Product?.ViewsHash is not null && NameOf(r) == recordName, cancellationToken);

    private async Task<StoredRecord?> ReadBlobAsync(string recordName, Func<CaptionRecord, bool> isIts, CancellationToken cancellationToken)
    {
        try
        {
            using var blob = (await _images.GetBlobClient(recordName).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            var details = blob.Details;
            var file = details.ContentLength > RecordFile.MaxBytes ? new(null, null) : RecordFile.Read(await BinaryData.FromStreamAsync(blob.Content, cancellationToken));
            var record = file.Record is { } whole && isIts(whole) ? whole : null;
            return new(record, details.ETag.Plain(), RecordReceipt.FromMetadata(details.Metadata) is not null) { Problem = file.Problem };
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>The image's ETag without quotes; null where it is gone.</summary>
    public async Task<string?> GetImageETagAsync(string imageName, CancellationToken cancellationToken)
    {
        try
        {
            return (await _images.GetBlobClient(imageName).GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ETag.Plain();
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Writes a record beside its image, in the safe order. Safe to repeat after any failure.</summary>
    /// <param name="record">The record; a review that lies in the present one is carried over.</param>
    /// <param name="replaces">ETag of the record that is to be replaced even if it is as good as this one; null where that is none.</param>
    /// <param name="cancellationToken">Gives up; the record is then written or it isn't.</param>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than a condition.</exception>
    public async Task<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, CancellationToken cancellationToken) =>
        await WriteAsync(record, seen => seen.ETag == replaces, await ReadBesideAsync(record, cancellationToken), overEdits: false, cancellationToken);

    /// <summary>The same for who has just read what lies there, which spares a request: should it have changed, it is read again.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isReplaced">True for a record that is to be replaced even if it is as good as this one.</param>
    /// <param name="present">What lies there; null for nothing.</param>
    /// <param name="overEdits">True drops <c>review.edits</c> of what lies there; the rest of the review is kept.</param>
    /// <param name="cancellationToken">Gives up; the record is then written or it isn't.</param>
    internal Task<RecordWrite> WriteAsync(
        CaptionRecord record, Predicate<StoredRecord> isReplaced, StoredRecord? present, bool overEdits, CancellationToken cancellationToken) =>
        WriteUnlessAsync(record, seen => !isReplaced(seen) && seen.HasReceipt && IsAsGood(seen.Record!, record), present, overEdits, cancellationToken);

    /// <summary>Writes a record unless one speaks of the same version of the image already, whatever it says. Safe to repeat after any failure.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than a condition.</exception>
    public async Task<RecordWrite> WriteFirstAsync(CaptionRecord record, CancellationToken cancellationToken) =>
        await WriteUnlessAsync(
            record, seen => IsSameVersion(seen.Record!, record), await ReadBesideAsync(record, cancellationToken), overEdits: false, cancellationToken);

    /// <summary>Replaces what a person decided about a record, and nothing else of it.</summary>
    /// <param name="seen">The record as it was read.</param>
    /// <param name="review">The new review; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record as it lies there now; null where somebody else, or a worker, has written it since it was read: read it again.</returns>
    /// <exception cref="ArgumentException">What was read is no record.</exception>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than the condition.</exception>
    public async Task<StoredRecord?> ReviewAsync(StoredRecord seen, JsonElement? review, CancellationToken cancellationToken)
    {
        var record = (seen.Record ?? throw new ArgumentException("It is not a caption record.", nameof(seen))) with { Review = review };
        return await TryUploadAsync(_images.GetBlobClient(NameOf(record)), record, seen.ETag, cancellationToken) is { } written
            ? new(record, written.Plain(), HasReceipt: true)
            : null;
    }

    private Task<StoredRecord?> ReadBesideAsync(CaptionRecord record, CancellationToken cancellationToken) =>
        record.Product?.ViewsHash is null ? ReadAsync(record.Image.Name, cancellationToken) : ReadProductAsync(NameOf(record), cancellationToken);

    private async Task<RecordWrite> WriteUnlessAsync(
        CaptionRecord record, Func<StoredRecord, bool> stands, StoredRecord? present, bool overEdits, CancellationToken cancellationToken)
    {
        var name = record.Image.Name;
        var blob = _images.GetBlobClient(NameOf(record));
        var first = present?.Record?.Product?.ViewsHash;
        while (true)
        {
            if (present is { Record: null })
            {
                return RecordWrite.Blocked;
            }

            if (await GetImageETagAsync(name, cancellationToken) is not { } before)
            {
                return present?.Record?.Generation == record.Generation
                    ? await TakeBackAsync(blob, new(present.ETag), cancellationToken)
                    : RecordWrite.ImageGone;
            }

            if (before != record.Image.ETag)
            {
                return RecordWrite.ImageChanged;
            }

            if (present is not null && stands(present))
            {
                // The same receipt: an earlier attempt of this very call got through, although its answer did not.
                return present.Record!.Generation == record.Generation ? RecordWrite.Written : RecordWrite.AlreadyThere;
            }

            if (record.Product?.ViewsHash is { } views && present?.Record?.Product?.ViewsHash is { } there && there != views && there != first)
            {
                // Written meanwhile for other views of the product: who looks at the views next decides which is right.
                return RecordWrite.AlreadyThere;
            }

            var merged = present?.Record?.Review is { } review
                ? record with { Review = overEdits ? RecordReview.WithoutEdits(review) : review }
                : record;
            if (await TryUploadAsync(blob, merged, present?.ETag, cancellationToken) is not { } written)
            {
                present = await ReadBesideAsync(record, cancellationToken);
                continue;
            }

            return await GetImageETagAsync(name, cancellationToken) switch
            {
                null => await TakeBackAsync(blob, written, cancellationToken),
                var after when after != record.Image.ETag => RecordWrite.ImageChanged,
                _ => RecordWrite.Written,
            };
        }
    }

    /// <summary>The file's bytes of a record: indented UTF-8 JSON.</summary>
    public static BinaryData Serialize(CaptionRecord record) => new(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Record));

    /// <summary>The same record in one line, as valid as in many.</summary>
    public static string SerializeLine(CaptionRecord record) => JsonSerializer.Serialize(record, RecordJson.RecordLine);

    // A failed record never stands in the way: a later try may do better.
    private static bool IsAsGood(CaptionRecord present, CaptionRecord other) =>
        IsSameVersion(present, other) && present.Fingerprint == other.Fingerprint
        && (present.Status != RecordStatus.Failed || other.Status == RecordStatus.Failed);

    private static bool IsSameVersion(CaptionRecord present, CaptionRecord other) =>
        present.Image.ETag == other.Image.ETag && present.Product?.ViewsHash == other.Product?.ViewsHash;

    private static async Task<ETag?> TryUploadAsync(BlobClient blob, CaptionRecord record, string? replace, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobUploadOptions
            {
                Conditions = replace is null ? new() { IfNoneMatch = ETag.All } : new() { IfMatch = new ETag(replace) },
                HttpHeaders = new() { ContentType = "application/json" },
                Metadata = RecordReceipt.Of(record).ToMetadata(),
            };
            return (await blob.UploadAsync(Serialize(record), options, cancellationToken)).Value.ETag;
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412 || (error.Status == 404 && replace is not null))
        {
            return null;
        }
    }

    private static async Task<RecordWrite> TakeBackAsync(BlobClient blob, ETag written, CancellationToken cancellationToken)
    {
        try
        {
            await blob.DeleteIfExistsAsync(conditions: new() { IfMatch = written }, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412)
        {
            // Somebody wrote another record meanwhile, for an image that came back: theirs stays.
        }

        return RecordWrite.ImageGone;
    }
}

/// <summary>What lies where an image's record belongs.</summary>
/// <param name="Record">The record; null where the blob is not one of ours.</param>
/// <param name="ETag">The blob's ETag, without quotes.</param>
/// <param name="HasReceipt">True where the blob's metadata tells of the record, so that a listing shows it.</param>
public sealed record StoredRecord(CaptionRecord? Record, string ETag, bool HasReceipt)
{
    /// <summary>Why a caption record can't be used; null where it can, or where the blob is no caption record at all.</summary>
    public string? Problem { get; init; }

    /// <summary>What is told where <see cref="Record"/> is null.</summary>
    /// <param name="recordName">The blob's name.</param>
    /// <param name="name">The image, or the product, that it should be the record of.</param>
    public RecordError InTheWay(string recordName, string name) => Problem is null
        ? new("record-name-taken", $"'{recordName}' lies where the record of '{name}' belongs, and is not a caption record.", "Rename or delete that file, then run the sweep.")
        : new("record-broken", $"'{recordName}', the record of '{name}', can't be read: {Problem}.", "Mend that file, or rename or delete it; then run the sweep.");
}

/// <summary>How writing a record ended.</summary>
public enum RecordWrite
{
    /// <summary>It lies beside its image.</summary>
    Written,

    /// <summary>A record with the same fingerprint for the same image was there already; nothing was written.</summary>
    AlreadyThere,

    /// <summary>The image is gone; no record of ours was left behind.</summary>
    ImageGone,

    /// <summary>The image was replaced; its newer version gets a record of its own.</summary>
    ImageChanged,

    /// <summary>A file of somebody else's lies where the record belongs; it was left alone.</summary>
    Blocked,
}
