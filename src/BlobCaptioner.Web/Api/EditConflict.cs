namespace BlobCaptioner.Web.Api;

/// <summary>Somebody else was faster: what the person wrote was not stored, and is still theirs.</summary>
public sealed record EditConflict
{
    /// <summary>Fields that differ from what the person saw: <c>copy/en/title</c>.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>Who changed the record last; null where nobody signed.</summary>
    public string? By { get; init; }

    /// <summary>The record as it is now.</summary>
    public required RecordView Now { get; init; }
}
