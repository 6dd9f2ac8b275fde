using Azure;

namespace BlobCaptioner.Storage;

/// <summary>ETags as text without quotes: listings and headers write them differently.</summary>
internal static class ETagText
{
    public static string Plain(this ETag etag) => etag.ToString().Trim('"');
}
