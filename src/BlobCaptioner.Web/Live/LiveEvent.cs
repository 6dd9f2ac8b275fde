namespace BlobCaptioner.Web.Live;

/// <summary>An event as it goes over the wire.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Data">JSON.</param>
internal sealed record LiveEvent(string Type, string Data);
