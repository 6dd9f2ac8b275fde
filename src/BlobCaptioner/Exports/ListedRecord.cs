using BlobCaptioner.Records;

namespace BlobCaptioner.Exports;

/// <summary>A record out of the container.</summary>
/// <param name="BlobName">The record's own name.</param>
/// <param name="Record">What it says.</param>
public sealed record ListedRecord(string BlobName, CaptionRecord Record);
