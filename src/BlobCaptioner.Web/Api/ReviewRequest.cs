namespace BlobCaptioner.Web.Api;

/// <summary>What a person decides about a record, or takes back.</summary>
public sealed record ReviewRequest
{
    /// <summary>The record's ETag as it was seen.</summary>
    public required string ETag { get; init; }

    /// <summary><c>approved</c>, <c>rejected</c>, <c>open</c> for undecided, or <c>undo</c> for the last step back.</summary>
    public required string State { get; init; }

    /// <summary>Who.</summary>
    public string? By { get; init; }
}
