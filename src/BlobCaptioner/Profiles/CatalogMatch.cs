using BlobCaptioner.Captioning;

namespace BlobCaptioner.Profiles;

/// <summary>What a catalogue says about a picture.</summary>
/// <param name="Facts">The other columns of its row that are not empty, and the SKU.</param>
public sealed record CatalogMatch(ProductFacts Facts)
{
    /// <summary>The product's SKU; null where the catalogue has no such column or leaves it empty.</summary>
    public string? Sku => Facts.Sku;
}
