namespace BlobCaptioner.Exports;

/// <summary>
/// WooCommerce's product CSV. Source: https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema, columns in the order that its own exporter writes.
/// </summary>
/// <remarks>
/// Cells that begin like a formula get an apostrophe in front, as from WooCommerce's exporter; its importer removes it. Leading tabs and carriage returns are trimmed. Commas inside
/// a tag, category or value are written as <c>\,</c>. Unapproved products are drafts (<c>-1</c>). The importer has no columns for alt texts and generated text.
/// </remarks>
internal sealed class WooCommerceWriter(Stream stream, ExportTally tally) : IExportWriter
{
    private static readonly (string Name, string Field)[] Attributes =
        [("Color", "color"), ("Material", "material"), ("Pattern", "pattern"), ("Size", "size"), ("Gender", "gender"), ("Age group", "age_group"), ("Style", "style")];

    /// <summary>The columns.</summary>
    internal static readonly string[] Columns =
    [
        "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?", "Visibility in catalog", "Short description", "Description",
        "Date sale price starts", "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount", "Backorders allowed?", "Sold individually?",
        "Weight (kg)", "Length (cm)", "Width (cm)", "Height (cm)", "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories", "Tags",
        "Shipping class", "Images", "Download limit", "Download expiry days", "Parent", "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position",
        "Brands",
        .. Attributes.SelectMany(
            (_, i) => new[] { $"Attribute {i + 1} name", $"Attribute {i + 1} value(s)", $"Attribute {i + 1} visible", $"Attribute {i + 1} global" }),
    ];

    private readonly TableWriter _table = new(stream, Columns);
    private readonly Limits _limits = new(tally);

    public void Write(ExportItem item)
    {
        var availability = Stock.Availability(item);
        _table["Type"] = "simple";
        Set("SKU", item.Sku ?? item.Slug(100));
        Set("GTIN, UPC, EAN, or ISBN", item.Fact("gtin", "barcode", "ean", "upc", "isbn"));
        Set("Name", _limits.Need(item.Title?.Value, "title"));
        _table["Published"] = item.Main.IsApproved ? "1" : "-1";
        _table["Is featured?"] = "0";
        _table["Visibility in catalog"] = "visible";
        Set("Short description", (item.Text("short_description") ?? item.Text("meta_description"))?.Value ?? string.Join('\n', item.Bullets.Select(b => b.Value)));
        Set("Description", item.Description?.Value);
        _table["Tax status"] = "taxable";
        _table["In stock?"] = availability switch
        {
            null or "in_stock" or "preorder" => "1",
            "backorder" => "backorder",
            _ => "0",
        };
        _table["Stock"] = Stock.Quantity(item)?.ToString();
        Set("Weight (kg)", item.Fact("weight_kg", "weight (kg)"));
        _table["Allow customer reviews?"] = "1";
        _table["Sale price"] = Price.Of(item, tally, "sale_price")?.Amount;
        _table["Regular price"] = _limits.Need(Price.Of(item, tally, "price", "regular_price")?.Amount, "price");
        Set("Categories", List(item.Values("category")));
        Set("Tags", List(item.Keywords));
        Set("Images", List([.. item.Images.Select(i => i.Url)]));
        Set("Brands", List(item.Values("brand")));
        var i = 0;
        foreach (var (name, field) in Attributes)
        {
            i++;
            if (item.Values(field) is { Count: > 0 } values)
            {
                _table[$"Attribute {i} name"] = name;
                Set($"Attribute {i} value(s)", List(values));
                _table[$"Attribute {i} visible"] = "1";
                _table[$"Attribute {i} global"] = "1";
            }
        }

        _table.WriteRow();
    }

    public void Dispose() => _table.Dispose();

    private static string List(IReadOnlyList<string> values) => string.Join(", ", values.Select(v => v.Replace(",", "\\,", StringComparison.Ordinal)));

    // The importer removes the apostrophe before = + - @ only.
    private void Set(string column, string? cell)
    {
        var text = cell?.TrimStart('\t', '\r');
        _table[column] = text is ['=' or '+' or '-' or '@', ..] ? "'" + text : text;
    }
}
