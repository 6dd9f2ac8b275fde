using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>Reads and writes caption records: exactly one for each image, never for a version that is gone.</summary>
/// <remarks>
/// Every write is conditional on what was read before, and the image's ETag is checked before and after. If the image was replaced in between, the newer job writes the newer
/// version's record. If it was deleted in between, the new record is deleted again.
/// </remarks>
public sealed class CaptionStore(CaptionStorage storage)
{
    private readonly BlobContainerClient _images = storage.Images;

    /// <summary>A record's blob name: beside its image, or for a product in the folder of its views.</summary>
    public static string NameOf(CaptionRecord record) => record.Product is { ViewsHash: not null } product
        ? ProductRecords.NameFor(record.Image.Name, product.Sku)
        : ImageNames.RecordFor(record.Image.Name);

    /// <summary>Reads the record beside an image; null where there is no blob.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public Task<StoredRecord?> ReadAsync(string imageName, CancellationToken cancellationToken) =>
        ReadBlobAsync(ImageNames.RecordFor(imageName), r => r.Image.Name == imageName && r.Product?.ViewsHash is null, cancellationToken);

    /// <summary>Reads a product's record by its blob name; null where there is no blob.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public Task<StoredRecord?> ReadProductAsync(string recordName, CancellationToken cancellationToken) =>
        ReadBlobAsync(recordName, r => r.Product?.ViewsHash is not null && NameOf(r) == recordName, cancellationToken);

    private async Task<StoredRecord?> ReadBlobAsync(string recordName, Func<CaptionRecord, bool> isIts, CancellationToken cancellationToken)
    {
        try
        {
            var (content, details, now) = await _images.GetBlobClient(recordName).ReadUpToAsync(RecordFile.MaxBytes, cancellationToken);
            var file = content is null ? new(null, null) : RecordFile.Read(content);

            // Known before the model is asked, not when its answer can't be written.
            var isLeased = details.LeaseState == LeaseState.Leased;
            var record = file.Record is { } whole && !isLeased && isIts(whole) ? whole : null;
            var receipt = RecordReceipt.FromMetadata(details.Metadata) is { } found ? found with { Age = now - details.LastModified } : null;
            return new(record, details.ETag.Plain(), receipt is not null) { Problem = file.Problem, IsLeased = isLeased, Receipt = receipt };
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
    /// <param name="record">The record; the present record's review is carried over.</param>
    /// <param name="replaces">ETag of a record to replace even if it is as good as this one; null for none.</param>
    /// <param name="cancellationToken">Gives up; the record may have been written.</param>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than a condition.</exception>
    public async Task<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, CancellationToken cancellationToken) =>
        await WriteAsync(record, seen => seen.ETag == replaces, await ReadBesideAsync(record, cancellationToken), overEdits: false, cancellationToken);

    /// <summary>The same for a caller that has just read the present record, which saves a request. If that changed meanwhile, it is read again.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isReplaced">True for a record to replace even if it is as good as this one.</param>
    /// <param name="present">The present blob; null for none.</param>
    /// <param name="overEdits">True drops the present <c>review.edits</c>; the rest of the review is kept.</param>
    /// <param name="cancellationToken">Gives up; the record may have been written.</param>
    internal Task<RecordWrite> WriteAsync(
        CaptionRecord record, Predicate<StoredRecord> isReplaced, StoredRecord? present, bool overEdits, CancellationToken cancellationToken) =>
        WriteUnlessAsync(record, seen => !isReplaced(seen) && seen.HasReceipt && IsAsGood(seen.Record!, record), present, overEdits, cancellationToken);

    /// <summary>True where a present record makes another one needless. A failed one never does: a later try may succeed.</summary>
    private static bool IsAsGood(CaptionRecord present, CaptionRecord other) =>
        present.Status != RecordStatus.Failed && Freshness.Of(other).IsFresh(RecordReceipt.Of(present));

    /// <summary>Writes a record unless there is one, of any content, for the same version of the image. Safe to repeat after any failure.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than a condition.</exception>
    public async Task<RecordWrite> WriteFirstAsync(CaptionRecord record, CancellationToken cancellationToken) =>
        await WriteUnlessAsync(
            record, seen => IsSameVersion(seen.Record!, record), await ReadBesideAsync(record, cancellationToken), overEdits: false, cancellationToken);

    /// <summary>Replaces the review of a record, and nothing else.</summary>
    /// <param name="seen">The record as it was read.</param>
    /// <param name="review">The new review; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record as written; null where it changed since it was read: read it again.</returns>
    /// <exception cref="ArgumentException">The blob is not a record, or the review can't be one (<see cref="RecordReview.Problem"/>).</exception>
    /// <exception cref="RequestFailedException">Storage refused, for another reason than the condition.</exception>
    public async Task<StoredRecord?> ReviewAsync(StoredRecord seen, JsonElement? review, CancellationToken cancellationToken)
    {
        var record = (seen.Record ?? throw new ArgumentException("It is not a caption record.", nameof(seen))) with { Review = review };
        if (RecordReview.Problem(review) is { } why)
        {
            throw new ArgumentException(why, nameof(review));
        }

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
                return present?.Record?.Generation.IsOfSameWork(record.Generation) == true
                    ? await TakeBackAsync(blob, new(present.ETag), cancellationToken)
                    : RecordWrite.ImageGone;
            }

            if (before != record.Image.ETag)
            {
                return RecordWrite.ImageChanged;
            }

            if (present is { HasReceipt: true, Record: { } there } && there.Generation.IsOfSameWork(record.Generation) && IsSameVersion(there, record))
            {
                // An earlier attempt of this call succeeded, but its response was lost.
                return RecordWrite.Written;
            }

            if (present is not null && stands(present))
            {
                return RecordWrite.AlreadyThere;
            }

            if (record.Product?.ViewsHash is { } views && present?.Record?.Product?.ViewsHash is { } others && others != views && others != first)
            {
                // Written meanwhile for other views of the product: the next job or sweep decides which one is current.
                return RecordWrite.AlreadyThere;
            }

            var merged = present?.Record?.Review is { } review
                ? record with { Review = overEdits ? RecordReview.WithoutEdits(review) : review }
                : record;
            ETag? written;
            try
            {
                written = await TryUploadAsync(blob, merged, present?.ETag, cancellationToken);
            }
            catch (RequestFailedException error) when (error.IsLocked())
            {
                return RecordWrite.Blocked;
            }

            if (written is not { } etag)
            {
                present = await ReadBesideAsync(record, cancellationToken);
                continue;
            }

            return await GetImageETagAsync(name, cancellationToken) switch
            {
                null => await TakeBackAsync(blob, etag, cancellationToken),
                var after when after != record.Image.ETag => RecordWrite.ImageChanged,
                _ => RecordWrite.Written,
            };
        }
    }

    /// <summary>A record's file: indented UTF-8 JSON.</summary>
    public static BinaryData Serialize(CaptionRecord record) => new(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Record));

    /// <summary>The same JSON in one line.</summary>
    public static string SerializeLine(CaptionRecord record) => JsonSerializer.Serialize(record, RecordJson.RecordLine);

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
        catch (RequestFailedException error) when (error.IsConflict() || (error.Status == 404 && replace is not null))
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
            // Another record was written meanwhile, for an image that was uploaded again: it stays.
        }

        return RecordWrite.ImageGone;
    }
}

/// <summary>The blob at a record's name.</summary>
/// <param name="Record">The record; null where the blob is not a usable record.</param>
/// <param name="ETag">The blob's ETag, without quotes.</param>
/// <param name="HasReceipt">True where the blob's metadata has the record's <see cref="RecordReceipt"/>, so that a listing shows it.</param>
public sealed record StoredRecord(CaptionRecord? Record, string ETag, bool HasReceipt)
{
    /// <summary>Why a caption record can't be used; null where it can, or where the blob is not a caption record.</summary>
    public string? Problem { get; init; }

    /// <summary>True where another program leases the blob, so that nobody else can write it.</summary>
    public bool IsLeased { get; init; }

    /// <summary>The receipt that a listing shows; null without one, and where the blob was not read from storage.</summary>
    public RecordReceipt? Receipt { get; init; }

    /// <summary>The error for a blob without a <see cref="Record"/>.</summary>
    /// <param name="recordName">The blob's name.</param>
    /// <param name="name">The image, or the product, that it should be the record of.</param>
    public RecordError BlockedError(string recordName, string name) =>
        IsLeased ? new("record-leased", $"Another program leases '{recordName}', the record of '{name}', so that nobody else can write it.", "End that lease, then run the sweep.")
        : Problem is null
        ? new("record-name-taken", $"'{recordName}' has the name of the record of '{name}', but is not a caption record.", "Rename or delete that file, then run the sweep.")
        : new("record-broken", $"'{recordName}', the record of '{name}', can't be read: {Problem}.", "Correct, rename or delete that file, then run the sweep.");
}

/// <summary>The result of writing a record.</summary>
public enum RecordWrite
{
    /// <summary>It was written.</summary>
    Written,

    /// <summary>A record with the same fingerprint for the same image existed; nothing was written.</summary>
    AlreadyThere,

    /// <summary>The image is gone; no record of ours was left behind.</summary>
    ImageGone,

    /// <summary>The image was replaced; its newer version gets a record of its own.</summary>
    ImageChanged,

    /// <summary>Another file has the record's name; it was left alone.</summary>
    Blocked,
}
