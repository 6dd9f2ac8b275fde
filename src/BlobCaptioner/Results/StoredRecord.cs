namespace BlobCaptioner.Results;

/// <summary>What lies where an image's record belongs.</summary>
/// <param name="Record">The record; null where the blob is not one of ours.</param>
/// <param name="ETag">The blob's ETag, without quotes.</param>
/// <param name="HasReceipt">True where the blob's metadata tells of the record, so that a listing shows it.</param>
public sealed record StoredRecord(CaptionRecord? Record, string ETag, bool HasReceipt);
