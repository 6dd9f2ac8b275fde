namespace BlobCaptioner.Web.Api;

/// <summary>A profile's text.</summary>
public sealed record ProfileText
{
    /// <summary>The profile file's JSON.</summary>
    public required string Json { get; init; }
}
