namespace BlobCaptioner.Pipeline;

/// <summary>One picture of a product.</summary>
/// <param name="Name">The image blob's name.</param>
/// <param name="ETag">Its ETag when the job was made, without quotes.</param>
/// <param name="ContentHash">SHA-256 of its bytes, lower-case hex: tells where its prepared image lies.</param>
public sealed record ProductPicture(string Name, string ETag, string ContentHash);
