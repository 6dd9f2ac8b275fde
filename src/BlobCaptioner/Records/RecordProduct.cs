using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>Of which product a record speaks.</summary>
/// <param name="Sku">The product's SKU.</param>
/// <param name="Views">
/// In a product record the names of all its views that could be described, in natural order, the main one first; the model was shown the first four. In a view's record its own name.
/// </param>
public sealed record RecordProduct(string Sku, IReadOnlyList<string> Views)
{
    /// <summary>In a product record: 32 hex digits over its views' names and ETags. A record with another one is out of date. Left out in those of views.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ViewsHash { get; init; }
}
