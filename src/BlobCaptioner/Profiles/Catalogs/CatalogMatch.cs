namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>What a catalogue says about a picture.</summary>
/// <param name="Facts">The other columns of its row that are not empty, and the SKU.</param>
public sealed record CatalogMatch(ProductFacts Facts)
{
    /// <summary>The product's SKU; null where the catalogue has no such column or leaves it empty.</summary>
    public string? Sku => Facts.Sku;

    /// <summary>The files that rows of the same SKU name, as they stand there: with or without a path below the catalogue. Empty where none does.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
}
