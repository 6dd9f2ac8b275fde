using System.Globalization;
using System.Text.RegularExpressions;

namespace BlobCaptioner.Exports;

/// <summary>A price of the catalogue.</summary>
/// <param name="Amount">With a decimal point.</param>
/// <param name="Currency">ISO 4217; null where it is missing.</param>
internal sealed partial record Price(string Amount, string? Currency)
{
    /// <summary>
    /// Reads <c>12</c>, <c>12.50</c>, <c>12,50</c>, <c>12.50 EUR</c> and <c>EUR 12.50</c>; the column <c>currency</c> completes a price without one.
    /// Null where there is no price, or an ambiguous one (<c>1.234</c>, <c>$5</c>), which is counted as <c>price-unreadable</c>.
    /// </summary>
    public static Price? Of(ExportItem item, ExportTally tally, params string[] columns)
    {
        if (item.Fact(columns) is not { } text)
        {
            return null;
        }

        if (Shape().Match(text) is not { Success: true } match)
        {
            tally.Warn("price-unreadable");
            return null;
        }

        var amount = match.Groups["whole"].Value + (match.Groups["part"] is { Success: true } part ? "." + part.Value : "");
        var currency = (match.Groups["before"] is { Success: true } before ? before.Value : match.Groups["after"].Value) is { Length: 3 } said ? said : item.Fact("currency", "price_currency");
        return new(amount, currency?.ToUpperInvariant());
    }

    [GeneratedRegex(@"^(?:(?<before>[A-Za-z]{3})\s*)?(?<whole>[0-9]{1,12})(?:[.,](?<part>[0-9]{1,2}))?(?:\s*(?<after>[A-Za-z]{3}))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}

/// <summary>Stock by the catalogue.</summary>
internal static class Stock
{
    /// <summary>Pieces; null where the catalogue has no whole number.</summary>
    public static int? Quantity(ExportItem item) =>
        int.TryParse(item.Fact("quantity", "stock", "inventory", "qty"), NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) ? pieces : null;

    /// <summary><c>in_stock</c>, <c>out_of_stock</c>, <c>preorder</c> or <c>backorder</c>, from the catalogue's word, else from its quantity; null for neither.</summary>
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
