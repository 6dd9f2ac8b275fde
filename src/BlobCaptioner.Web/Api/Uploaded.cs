namespace BlobCaptioner.Web.Api;

/// <summary>A picture that was stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
public sealed record Uploaded(string Name, string ETag);
