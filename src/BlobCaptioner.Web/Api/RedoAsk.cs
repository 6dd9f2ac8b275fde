namespace BlobCaptioner.Web.Api;

/// <summary>Records that are to be written anew.</summary>
public sealed record RedoAsk
{
    /// <summary>Pictures or product records, 1 to 1,000.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Only these fields; empty for all.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Only these languages, BCP 47; empty for all.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Another profile, by name; null for the one that each has.</summary>
    public string? Profile { get; init; }
}
