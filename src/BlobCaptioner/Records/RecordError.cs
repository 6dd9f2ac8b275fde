namespace BlobCaptioner.Records;

/// <summary>Why there is no copy.</summary>
/// <param name="Code">Short stable code: <c>not-an-image</c>.</param>
/// <param name="Message">What is wrong, with value and limit.</param>
/// <param name="Remedy">The way out.</param>
public sealed record RecordError(string Code, string Message, string Remedy);
