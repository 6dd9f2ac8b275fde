using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>Names of product records: <c>FOLDER/SKU.product.json</c>, in the folder of the views.</summary>
public static class ProductRecords
{
    private const string Suffix = ".product.json";

    /// <summary>True for a product record's name. No image has such a name.</summary>
    public static bool IsProductRecord(string blobName) => blobName.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The name of the product record beside a view, cut as <see cref="ImageNames.RecordFor"/> says.</summary>
    public static string NameFor(string imageName, string sku) =>
        ImageNames.Append($"{imageName.AsSpan(0, imageName.LastIndexOf('/') + 1)}{sku}", Suffix);
}
