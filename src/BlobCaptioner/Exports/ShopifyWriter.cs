using System.Text;

namespace BlobCaptioner.Exports;

/// <summary>
/// Shopify's product CSV with the columns of its current sample file, in that order. Source: https://help.shopify.com/en/manual/products/import-export/using-csv,
/// "Product CSV file" (the older set, <c>Handle, Title, Body (HTML)</c>..., is read by Shopify still, and not written here).
/// </summary>
/// <remarks>
/// One row for a product, and one more with handle, image, position and alt text for each further picture. The description is HTML with the text encoded. Unapproved products are
/// unpublished drafts. Cells are not guarded against formulas, since Shopify would keep the apostrophe as text: view the file in a text editor, not a spreadsheet. Shopify has no
/// column for generated text.
/// Limits: title 255, SEO title 70, SEO description 320, alt text 512 characters.
/// </remarks>
internal sealed class ShopifyWriter(Stream stream, ExportTally tally) : IExportWriter
{
    /// <summary>The columns.</summary>
    internal static readonly string[] Columns =
    [
        "Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store", "Status", "SKU", "Barcode",
        "Option1 name", "Option1 value", "Option1 Linked To", "Option2 name", "Option2 value", "Option2 Linked To", "Option3 name", "Option3 value", "Option3 Linked To",
        "Price", "Compare-at price", "Cost per item", "Charge tax", "Tax code", "Unit price total measure", "Unit price total measure unit", "Unit price base measure",
        "Unit price base measure unit", "Inventory tracker", "Inventory quantity", "Continue selling when out of stock", "Weight value (grams)", "Weight unit for display",
        "Requires shipping", "Fulfillment service", "Product image URL", "Image position", "Image alt text", "Variant image URL", "Gift card", "SEO title", "SEO description",
        "Color (product.metafields.shopify.color-pattern)", "Google Shopping / Google product category", "Google Shopping / Gender", "Google Shopping / Age group",
        "Google Shopping / Manufacturer part number (MPN)", "Google Shopping / Ad group name", "Google Shopping / Ads labels", "Google Shopping / Condition",
        "Google Shopping / Custom product", "Google Shopping / Custom label 0", "Google Shopping / Custom label 1", "Google Shopping / Custom label 2",
        "Google Shopping / Custom label 3", "Google Shopping / Custom label 4",
    ];

    private readonly TableWriter _table = new(stream, Columns);
    private readonly Limits _limits = new(tally);

    public void Write(ExportItem item)
    {
        var handle = item.Slug(100);
        var category = item.Value("category");
        var quantity = Stock.Quantity(item);
        _table["Title"] = _limits.Cut(_limits.Need(item.Title?.Value, "title"), 255, "title");
        _table["URL handle"] = handle;
        _table["Description"] = Html(item);
        _table["Vendor"] = item.Value("brand") ?? item.Fact("vendor");
        _table["Product category"] = item.Fact("product_category") ?? (category?.Contains(" > ", StringComparison.Ordinal) == true ? category : null);
        _table["Type"] = item.Text("product_type")?.Value ?? item.Fact("product_type", "type") ?? category?.Split(" > ")[^1];
        _table["Tags"] = string.Join(", ", item.Keywords.Select(k => k.Replace(',', ' ')));
        _table["Published on online store"] = item.Main.IsApproved ? "TRUE" : "FALSE";
        _table["Status"] = item.Main.IsApproved ? "Active" : "Draft";
        _table["SKU"] = item.Sku;
        _table["Barcode"] = item.Fact("gtin", "barcode", "ean", "upc", "isbn");
        _table["Option1 name"] = "Title";
        _table["Option1 value"] = "Default Title";
        _table["Price"] = _limits.Need(Price.Of(item, tally, "price")?.Amount, "price");
        _table["Compare-at price"] = Price.Of(item, tally, "compare_at_price")?.Amount;
        _table["Inventory tracker"] = quantity is null ? null : "shopify";
        _table["Inventory quantity"] = quantity?.ToString();
        _table["Continue selling when out of stock"] = "DENY";
        _table["Requires shipping"] = "TRUE";
        _table["Fulfillment service"] = "manual";
        _table["Gift card"] = "FALSE";
        _table["SEO title"] = _limits.Cut(item.Text("seo_title")?.Value, 70, "seo_title");
        _table["SEO description"] = _limits.Cut(item.Text("meta_description")?.Value, 320, "meta_description");
        _table["Color (product.metafields.shopify.color-pattern)"] = string.Join("; ", item.Values("color"));
        _table["Google Shopping / Gender"] = item.Value("gender");
        _table["Google Shopping / Age group"] = item.Value("age_group");
        _table["Google Shopping / Manufacturer part number (MPN)"] = item.Fact("mpn");
        _table["Google Shopping / Condition"] = item.Fact("condition");
        foreach (var (i, image) in item.Images.Index())
        {
            _table["URL handle"] = handle;
            _table["Product image URL"] = image.Url;
            _table["Image position"] = $"{i + 1}";
            _table["Image alt text"] = _limits.Cut(image.Alt, 512, "alt_text");
            _table.WriteRow();
        }
    }

    public void Dispose() => _table.Dispose();

    // Paragraphs of the description, then the bullets, unless these are the description.
    private static string? Html(ExportItem item)
    {
        var html = new StringBuilder();
        var prose = item.Text("description") ?? item.Text("short_description");
        foreach (var paragraph in (prose?.Value ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            html.Append("<p>").Append(HtmlText.Encode(paragraph)).Append("</p>");
        }

        if (item.Bullets is { Count: > 0 } bullets)
        {
            html.Append("<ul>").AppendJoin("", bullets.Select(b => $"<li>{HtmlText.Encode(b.Value)}</li>")).Append("</ul>");
        }

        return html.Length > 0 ? html.ToString() : item.Title is { } title ? $"<p>{HtmlText.Encode(title.Value)}</p>" : null;
    }
}
