using System.Globalization;
using System.Text;

namespace BlobCaptioner.Exports;

/// <summary>
/// Amazon's flat file: tab-separated, one row of attribute names, one row for each product. Source: the attribute names of the category templates in Seller Central, "Add Products via
/// Upload" (https://sellercentral.amazon.com/help/hub/reference/G1641). Templates differ by product type and begin with rows that carry the type's own signature, which only
/// Seller Central can make: paste these columns below the same names there.
/// </summary>
/// <remarks>
/// The format has no quoting: cells are written literally; tabs and line breaks become blanks, in the description <c>&lt;br&gt;</c>. Cells are not guarded against formulas, since
/// the apostrophe would become part of the text. Amazon has no column for generated text. Limits: title 200, five bullets of 250, description 2,000 characters, keywords 249 bytes.
/// </remarks>
internal sealed class AmazonWriter(Stream stream, ExportTally tally) : IExportWriter
{
    private const int OtherImages = 8;

    /// <summary>The columns.</summary>
    internal static readonly string[] Columns =
    [
        "feed_product_type", "item_sku", "update_delete", "external_product_id", "external_product_id_type", "brand_name", "item_name", "manufacturer", "part_number",
        "product_description", "bullet_point1", "bullet_point2", "bullet_point3", "bullet_point4", "bullet_point5", "generic_keywords", "main_image_url",
        .. Enumerable.Range(1, OtherImages).Select(i => $"other_image_url{i}"),
        "color_name", "color_map", "material_type", "pattern_type", "size_name", "target_gender", "age_range_description", "style_name", "condition_type", "standard_price",
        "currency", "quantity",
    ];

    private readonly TableWriter _table = new(stream, Columns, tabs: true);
    private readonly Limits _limits = new(tally);

    public void Write(ExportItem item)
    {
        var gtin = item.Fact("gtin", "ean", "upc", "isbn", "barcode", "asin");
        var price = Price.Of(item, tally, "price");
        Set("feed_product_type", item.Fact("feed_product_type"));
        Set("item_sku", item.Sku ?? item.Slug(40));
        Set("update_delete", "Update");
        Set("external_product_id", gtin);
        Set("external_product_id_type", gtin is null ? null : item.Fact("asin") == gtin ? "ASIN" : gtin.Length switch
        {
            12 => "UPC",
            13 => "EAN",
            10 => "ISBN",
            _ => "GTIN",
        });
        Set("brand_name", _limits.Need(item.Value("brand"), "brand"));
        Set("item_name", _limits.Cut(_limits.Need(item.Title?.Value, "title"), 200, "title"));
        Set("manufacturer", item.Fact("manufacturer") ?? item.Value("brand"));
        Set("part_number", item.Fact("mpn", "part_number"));
        _table["product_description"] = Description(item.Description?.Value);
        if (item.Bullets.Count > 5)
        {
            tally.Warn("bullets-cut");
        }

        foreach (var (i, bullet) in item.Bullets.Take(5).Index())
        {
            Set($"bullet_point{i + 1}", _limits.Cut(bullet.Value, 250, "bullet"));
        }

        Set("generic_keywords", _limits.Join(item.Keywords, " ", int.MaxValue, 249, Encoding.UTF8.GetByteCount, "keywords"));
        Set("main_image_url", item.Images[0].Url);
        foreach (var (i, image) in item.Images.Skip(1).Take(OtherImages).Index())
        {
            Set($"other_image_url{i + 1}", image.Url);
        }

        Set("color_name", item.Value("color"));
        Set("color_map", item.Values("color") is [var main, ..] ? CultureInfo.InvariantCulture.TextInfo.ToTitleCase(main) : null);
        Set("material_type", item.Value("material"));
        Set("pattern_type", item.Value("pattern"));
        Set("size_name", item.Value("size"));
        Set("target_gender", item.Value("gender"));
        Set("age_range_description", item.Value("age_group"));
        Set("style_name", item.Value("style"));
        Set("condition_type", item.Fact("condition_type", "condition"));
        Set("standard_price", _limits.Need(price?.Amount, "price"));
        Set("currency", price?.Currency);
        Set("quantity", _limits.Need(Stock.Quantity(item)?.ToString(), "quantity"));
        _table.WriteRow();
    }

    public void Dispose() => _table.Dispose();

    private static string OneLine(string text, string lineBreak) =>
        text.ReplaceLineEndings("\n").Replace("\n", lineBreak, StringComparison.Ordinal).Replace('\t', ' ').Replace('\r', ' ');

    private string? Description(string? text) =>
        text is null ? null : OneLine(HtmlText.Encode(_limits.Cut(text, 2000, "description")!), "<br>");

    private void Set(string column, string? cell) => _table[column] = cell is null ? null : OneLine(cell, " ");
}
