namespace BlobCaptioner.Exports;

/// <summary>Where the record of a product with several views lies: <c>FOLDER/SKU.product.json</c>.</summary>
internal static class ProductRecords
{
    private const string Suffix = ".product.json";

    /// <summary>True for a product record's name.</summary>
    public static bool IsProductRecord(string blobName) => blobName.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The name of the product record beside a view.</summary>
    public static string NameFor(string imageName, string sku) => $"{imageName.AsSpan(0, imageName.LastIndexOf('/') + 1)}{sku}{Suffix}";
}
