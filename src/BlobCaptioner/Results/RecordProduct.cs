namespace BlobCaptioner.Results;

/// <summary>Of which product a record speaks.</summary>
/// <param name="Sku">The product's SKU.</param>
/// <param name="Views">Names of the images of this product that were shown to the model, main one first.</param>
public sealed record RecordProduct(string Sku, IReadOnlyList<string> Views);
