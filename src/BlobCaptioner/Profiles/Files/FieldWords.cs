using System.Collections.Frozen;

namespace BlobCaptioner.Profiles.Files;

/// <summary>The words that profile files have for enumerations, and which fields may never be <c>seen</c>.</summary>
internal static class FieldWords
{
    public static readonly FrozenDictionary<string, FieldKind> Kinds = new Dictionary<string, FieldKind>(StringComparer.Ordinal)
    {
        ["text"] = FieldKind.Text,
        ["text-list"] = FieldKind.TextList,
        ["choice"] = FieldKind.Choice,
        ["choices"] = FieldKind.Choices,
        ["number"] = FieldKind.Number,
        ["yes-no"] = FieldKind.YesNo,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, ProfileGrouping> Groupings = new Dictionary<string, ProfileGrouping>(StringComparer.Ordinal)
    {
        ["none"] = ProfileGrouping.None,
        ["sku"] = ProfileGrouping.Sku,
        ["folder"] = ProfileGrouping.Folder,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // A model that "sees" these makes them up: what looks like a swoosh, like organic cotton, like size M.
    private static readonly FrozenSet<string> s_neverSeen = FrozenSet.ToFrozenSet(
        [
            "brand", "brands", "certificate", "certificates", "certification", "certifications", "certified", "size", "sizes", "price", "prices",
            "gtin", "ean", "upc", "isbn", "mpn", "sku",
        ],
        StringComparer.Ordinal);

    /// <summary>The file's word for a kind.</summary>
    public static string Of(FieldKind kind) => Kinds.First(k => k.Value == kind).Key;

    /// <summary>The file's word for a grouping.</summary>
    public static string Of(ProfileGrouping grouping) => Groupings.First(g => g.Value == grouping).Key;

    /// <summary>True where a value is only read or supplied, since one of the name's words is brand, certification, size, price, gtin...</summary>
    public static bool IsNeverSeen(string fieldName) => fieldName.Split('_').Any(s_neverSeen.Contains);
}
