namespace BlobCaptioner.Models;

/// <summary>A model that can be pulled: a language model in one quantisation, and the vision parts that belong to it.</summary>
public sealed record CatalogModel
{
    /// <summary>What commands and settings call it: <c>qwen3-vl-8b-q4_k_m</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What its publisher calls it.</summary>
    public required string Title { get; init; }

    /// <summary>Owner and name of its repository; the same at every source.</summary>
    public required string Repository { get; init; }

    /// <summary>
    /// The revision to take, by source. A commit where the source has them (Hugging Face); a branch elsewhere. What is taken is the same
    /// everywhere, because size and SHA-256 are checked.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Revisions { get; init; }

    /// <summary>SPDX identifier of its licence.</summary>
    public required string Licence { get; init; }

    /// <summary>
    /// Memory to have free, on the GPU or of the machine, in bytes: weights with the F16 vision part, a KV cache for eight pictures of about 1,600 tokens
    /// (144 KiB each: 36 layers, 8 heads, 128 wide, keys and values in F16), and 1 GB of buffers. Calculated, not measured.
    /// </summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The language model.</summary>
    public required CatalogFile Text { get; init; }

    /// <summary>Vision parts (mmproj), the default first.</summary>
    public required IReadOnlyList<CatalogFile> Vision { get; init; }

    /// <summary>Chooses a vision part.</summary>
    /// <param name="quantisation">Such as <c>F16</c>; letter case does not count. Null for the default.</param>
    /// <exception cref="ModelException">There is no such one; the message lists those there are.</exception>
    public CatalogFile VisionIn(string? quantisation) =>
        quantisation is null ? Vision[0]
        : Vision.FirstOrDefault(f => string.Equals(f.Quantisation, quantisation, StringComparison.OrdinalIgnoreCase))
            ?? throw new ModelException($"'{Name}' has no vision part in '{quantisation}'. There are: {string.Join(", ", Vision.Select(f => f.Quantisation))}.");
}
