namespace BlobCaptioner.Web.Api;

/// <summary>Values that a person sets in a record.</summary>
public sealed record EditRequest
{
    /// <summary>The record's ETag as it was seen.</summary>
    public required string ETag { get; init; }

    /// <summary>The values.</summary>
    public required IReadOnlyList<FieldEdit> Changes { get; init; }

    /// <summary>Who; the platform's sign-in goes before it.</summary>
    public string? By { get; init; }
}
