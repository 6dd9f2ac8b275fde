namespace BlobCaptioner.Web.Api;

/// <summary>What this server is and does.</summary>
public sealed record ServerStatus
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The model in this process, or the server it asks; null for none.</summary>
    public string? Model { get; init; }

    /// <summary>Largest picture, in megabytes of 1,000,000 bytes.</summary>
    public required int MaxMegabytes { get; init; }

    /// <summary>Most pixels of a picture, in millions.</summary>
    public required int MaxMegapixels { get; init; }

    /// <summary>Who is signed in; null where nobody is asked to.</summary>
    public string? Person { get; init; }

    /// <summary>The profile where no folder says anything.</summary>
    public required string Profile { get; init; }

    /// <summary>Formats of exports.</summary>
    public required IReadOnlyList<string> ExportFormats { get; init; }

    /// <summary>False until the container was listed once.</summary>
    public required bool IsIndexComplete { get; init; }

    /// <summary>How the work goes.</summary>
    public required BatchStatus Batch { get; init; }
}
