using System.Collections.Frozen;
using System.Text.Json;

namespace BlobCaptioner.Profiles.Files;

/// <summary>The words of profile files for enumerations, and the names of fields that may never be <c>seen</c>.</summary>
internal static class FieldWords
{
    // A model that "sees" these makes them up: what looks like a swoosh, like organic cotton, like size M.
    private static readonly FrozenSet<string> s_neverSeen = FrozenSet.ToFrozenSet(
        [
            "brand", "brands", "certificate", "certificates", "certification", "certifications", "certified", "size", "sizes", "price", "prices",
            "gtin", "ean", "upc", "isbn", "mpn", "sku",
        ],
        StringComparer.Ordinal);

    /// <summary>The file's word for a kind or a grouping: <c>text-list</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>True where one of the name's words is brand, certification, size, price, gtin and so on: the value is only read or supplied.</summary>
    public static bool IsNeverSeen(string fieldName) => fieldName.Split('_').Any(s_neverSeen.Contains);
}
