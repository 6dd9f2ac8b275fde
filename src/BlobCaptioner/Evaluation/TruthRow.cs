namespace BlobCaptioner.Evaluation;

/// <summary>What is known of one picture or product.</summary>
/// <param name="File">The picture's name; null where the row is known by its SKU.</param>
/// <param name="Sku">The product's SKU; null where the row is known by its file.</param>
/// <param name="Values">The known attributes.</param>
public sealed record TruthRow(string? File, string? Sku, IReadOnlyDictionary<string, TruthValue> Values);
