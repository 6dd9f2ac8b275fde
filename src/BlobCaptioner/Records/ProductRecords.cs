using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>Where the record of a product with several views lies: <c>FOLDER/SKU.product.json</c>, in the folder of its views.</summary>
public static class ProductRecords
{
    private const string Suffix = ".product.json";

    /// <summary>True for a product record's name; no image has such a one.</summary>
    public static bool IsProductRecord(string blobName) => blobName.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>
    /// The name of the product record beside a view. Where that would pass <see cref="ImageNames.MaxLength"/> characters, it is cut and <c>~</c> with 16 hex digits of its
    /// SHA-256 put in.
    /// </summary>
    public static string NameFor(string imageName, string sku)
    {
        var name = $"{imageName.AsSpan(0, imageName.LastIndexOf('/') + 1)}{sku}";
        if (name.Length + Suffix.Length <= ImageNames.MaxLength)
        {
            return name + Suffix;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
        var keep = ImageNames.MaxLength - Suffix.Length - hash.Length - 1;
        return $"{name.AsSpan(0, char.IsHighSurrogate(name[keep - 1]) ? keep - 1 : keep)}~{hash}{Suffix}";
    }
}
