namespace BlobCaptioner.Web.Api;

/// <summary>What a check of a profile found.</summary>
public sealed record ProfileReport
{
    /// <summary>True where it can be used.</summary>
    public required bool IsSound { get; init; }

    /// <summary>All that is wrong, with path and allowed values.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What the model is asked; null where it is broken.</summary>
    public string? Prompt { get; init; }

    /// <summary>Most characters of the copy in one language; null where it is broken.</summary>
    public int? MaxCharacters { get; init; }
}
