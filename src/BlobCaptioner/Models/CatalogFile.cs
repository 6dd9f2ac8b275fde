namespace BlobCaptioner.Models;

/// <summary>One published file of a model.</summary>
public sealed record CatalogFile
{
    /// <summary>Its name in the repository, and in the directory that it is pulled into.</summary>
    public required string Name { get; init; }

    /// <summary>How its weights are stored, as publishers write it: <c>Q4_K_M</c>, <c>Q8_0</c>, <c>F16</c>.</summary>
    public required string Quantisation { get; init; }

    /// <summary>Exact length.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the whole file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }
}
