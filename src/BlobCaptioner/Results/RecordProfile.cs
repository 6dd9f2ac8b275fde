namespace BlobCaptioner.Results;

/// <summary>The profile that a record was written for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version: 16 hex digits, another one when the copy would differ.</param>
public sealed record RecordProfile(string Name, string Version);
