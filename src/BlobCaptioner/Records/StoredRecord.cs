namespace BlobCaptioner.Records;

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
