using System.Text.RegularExpressions;

namespace BlobCaptioner.Exports.Formats;

/// <summary>A price out of the catalogue.</summary>
/// <param name="Amount">With a decimal point.</param>
/// <param name="Currency">ISO 4217; null where it isn't said.</param>
internal sealed partial record Price(string Amount, string? Currency)
{
    /// <summary>
    /// Reads <c>12</c>, <c>12.50</c>, <c>12,50</c>, <c>12.50 EUR</c> and <c>EUR 12.50</c>; the column <c>currency</c> says what the price doesn't.
    /// Null where there is no price, or one that could be read in two ways (<c>1.234</c>, <c>$5</c>), which is counted as <c>price-unreadable</c>.
    /// </summary>
    public static Price? Of(ExportItem item, ExportTally tally, params ReadOnlySpan<string> columns)
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
