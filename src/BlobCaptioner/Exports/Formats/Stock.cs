using System.Globalization;

namespace BlobCaptioner.Exports.Formats;

/// <summary>What the catalogue says about stock.</summary>
internal static class Stock
{
    /// <summary>Pieces; null where the catalogue has no whole number.</summary>
    public static int? Quantity(ExportItem item) =>
        int.TryParse(item.Fact("quantity", "stock", "inventory", "qty"), NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) ? pieces : null;

    /// <summary><c>in_stock</c>, <c>out_of_stock</c>, <c>preorder</c> or <c>backorder</c>, out of the catalogue's word or its quantity; null for neither.</summary>
    public static string? Availability(ExportItem item) =>
        item.Fact("availability")?.Replace(' ', '_').Replace('-', '_').ToLowerInvariant() switch
        {
            "in_stock" or "instock" or "available" or "yes" => "in_stock",
            "out_of_stock" or "outofstock" or "sold_out" or "no" => "out_of_stock",
            "preorder" or "pre_order" => "preorder",
            "backorder" => "backorder",
            _ => Quantity(item) is { } pieces ? (pieces > 0 ? "in_stock" : "out_of_stock") : null,
        };
}
