using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Records;

/// <summary>Names of product records: <c>FOLDER/SKU.product.json</c>, in the folder of the views.</summary>
public static class ProductRecords
{
    private const string Suffix = ".product.json";

    /// <summary>True for a product record's name. No image has such a name.</summary>
    public static bool IsProductRecord(string blobName) => blobName.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>
    /// The name of the product record beside a view. A name over <see cref="ImageNames.MaxLength"/> characters is cut, and ends in <c>~</c> and 16 hex digits of its SHA-256.
    /// </summary>
    public static string NameFor(string imageName, string sku)
    {
        var name = $"{imageName.AsSpan(0, imageName.LastIndexOf('/') + 1)}{sku}";
        if (name.Length + Suffix.Length <= ImageNames.MaxLength)
        {
            return name + Suffix;
        }

        var hash = TextHash.Of(name, digits: 16);
        var keep = ImageNames.MaxLength - Suffix.Length - hash.Length - 1;
        return $"{name.AsSpan(0, char.IsHighSurrogate(name[keep - 1]) ? keep - 1 : keep)}~{hash}{Suffix}";
    }
}
