using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>What a format's own parser reads back is what the record says.</summary>
public sealed class RoundTripTests
{
    private static readonly XNamespace G = GoogleWriter.Namespace;

    private static CaptionRecord Nasty => TestRecords.Described(
            "a b/50% #1?, ü.jpg",
            ("title", Exported.Nasty),
            ("description", Exported.Nasty),
            ("short_description", Exported.Nasty),
            ("bullets", new([Exported.Nasty, "=2", "plain"])),
            ("alt_text", Exported.Nasty),
            ("keywords", new(["x, y", "\"z\""])))
        .With(("price", "12,50 EUR"), ("sku", "-SKU\"1"), ("link", "https://shop.example/?a=1&b=2"), ("quantity", "3"), ("gtin", "4006381333931"));

    private const string Url = "https://shop.example/img/a%20b/50%25%20%231%3F%2C%20%C3%BC.jpg";

    [Fact]
    public async Task Jsonl_NastyTexts_ReadBackAsTheRecordWithItsEdits()
    {
        var record = Nasty.Reviewed("""{"state":"approved","edits":{"copy":{"en":{"alt_text":"By Ana"}},"attributes":{"material":"wool"}}}""");
        var line = Assert.Single((await Exported.TextAsync(ExportFormat.Jsonl, record)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using var json = JsonDocument.Parse(line);
        var copy = json.RootElement.GetProperty("copy").GetProperty("en");
        Assert.Equal(Exported.Nasty, copy.GetProperty("title").GetString());
        Assert.Equal("By Ana", copy.GetProperty("alt_text").GetString());
        Assert.Equal("wool", json.RootElement.GetProperty("attributes").GetProperty("material").GetProperty("value").GetString());
        Assert.Empty(await RecordSchema.CheckAsync(line));
    }

    [Fact]
    public async Task Csv_NastyTexts_ReadBackExactlyOnceTheGuardIsOff()
    {
        var row = Assert.Single(await Exported.RowsAsync(ExportFormat.Csv, Nasty));
        Assert.Equal("'" + Exported.Nasty, row["title"]);
        Assert.Equal(Exported.Nasty, Unguard(row["title"]));
        Assert.Equal($"{Exported.Nasty}\n=2\nplain", Unguard(row["bullets"]));
        Assert.Equal("-SKU\"1", Unguard(row["sku"]));
        Assert.Equal("red\nwhite", row["color"]);
        Assert.Equal(Url, row["image_url"]);
        Assert.Equal("trainedAlgorithmicMedia", row["digital_source_type"]);
    }

    [Theory]
    [InlineData("=a")]
    [InlineData("'=a")]
    [InlineData("''+a")]
    [InlineData("'a")]
    [InlineData("a=")]
    [InlineData("'")]
    [InlineData("")]
    [InlineData("\ta")]
    public void FormulaGuard_AnyCell_ComesBackAndIsNoFormula(string cell)
    {
        var guarded = FormulaGuard.Guard(cell)!;
        Assert.Equal(cell, Unguard(guarded));
        Assert.False(guarded is ['=' or '+' or '-' or '@' or '\t' or '\r', ..]);
    }

    [Fact]
    public async Task Shopify_NastyTexts_ReadBackInTheDocumentedColumns()
    {
        var text = await Exported.TextAsync(ExportFormat.Shopify, Nasty);
        Assert.StartsWith("Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,", text, StringComparison.Ordinal);
        var row = Assert.Single(Exported.Rows(text));
        Assert.Equal(57, row.Count);
        Assert.Equal(Exported.Nasty, row["Title"]);
        Assert.Equal(Exported.Nasty, row["Image alt text"]);
        var html = XElement.Parse($"<div>{row["Description"]}</div>", LoadOptions.PreserveWhitespace);
        var lines = Exported.Nasty.Split('\n').Select(l => l.Trim()).ToArray();
        Assert.Equal(lines, html.Elements("p").Select(p => p.Value));
        Assert.Equal(["=2", "plain"], html.Element("ul")!.Elements("li").Skip(1).Select(l => l.Value));
        Assert.Equal("12.50", row["Price"]);
        Assert.Equal("-SKU\"1", row["SKU"]);
        Assert.Matches("^sku-1-[0-9a-f]{8}$", row["URL handle"]);
        Assert.Equal(("Draft", "FALSE"), (row["Status"], row["Published on online store"]));
        Assert.Equal(("Kitchen > Mugs", "Mugs", "Acme"), (row["Product category"], row["Type"], row["Vendor"]));
        Assert.Equal("red; white", row["Color (product.metafields.shopify.color-pattern)"]);
        Assert.Equal(Url, row["Product image URL"]);
    }

    [Fact]
    public async Task WooCommerce_NastyTexts_ReadBackAsItsImporterTakesThem()
    {
        var text = await Exported.TextAsync(ExportFormat.WooCommerce, Nasty);
        Assert.StartsWith("ID,Type,SKU,\"GTIN, UPC, EAN, or ISBN\",Name,Published,Is featured?,Visibility in catalog,Short description,Description,", text, StringComparison.Ordinal);
        var row = Assert.Single(Exported.Rows(text));
        Assert.Equal("'" + Exported.Nasty, row["Name"]);
        Assert.Equal("'" + Exported.Nasty, row["Description"]);
        Assert.Equal("'-SKU\"1", row["SKU"]);
        Assert.Equal("x\\, y, \"z\"", row["Tags"]);
        Assert.Equal("Kitchen > Mugs", row["Categories"]);
        Assert.Equal(("Color", "red, white", "1", "1"), (row["Attribute 1 name"], row["Attribute 1 value(s)"], row["Attribute 1 visible"], row["Attribute 1 global"]));
        Assert.Equal(("", ""), (row["Attribute 2 name"], row["Attribute 2 value(s)"]));
        Assert.Equal(("12.50", "3", "1", "-1"), (row["Regular price"], row["Stock"], row["In stock?"], row["Published"]));
        Assert.Equal(Url, row["Images"]);
    }

    [Fact]
    public async Task Google_NastyTexts_ReadBackAsGeneratedTexts()
    {
        var text = await Exported.TextAsync(ExportFormat.Google, Nasty.Reviewed("""{"edits":{"copy":{"en":{"description":"By Ana"}}}}"""));
        var item = Assert.Single(XDocument.Parse(text, LoadOptions.PreserveWhitespace).Descendants("item"));
        var title = item.Element(G + "structured_title")!;
        Assert.Equal("trained_algorithmic_media", title.Element(G + "digital_source_type")!.Value);
        Assert.Equal(Exported.Nasty, title.Element(G + "content")!.Value);
        Assert.Null(item.Element(G + "title"));
        Assert.Null(item.Element(G + "structured_description"));
        Assert.Equal("By Ana", item.Element(G + "description")!.Value);
        Assert.Equal([Exported.Nasty, "=2", "plain"], item.Elements(G + "product_highlight").Select(h => h.Value));
        Assert.Equal("12.50 EUR", item.Element(G + "price")!.Value);
        Assert.Equal("in_stock", item.Element(G + "availability")!.Value);
        Assert.Equal("red/white", item.Element(G + "color")!.Value);
        Assert.Equal("https://shop.example/?a=1&b=2", item.Element(G + "link")!.Value);
        Assert.Equal(Url, item.Element(G + "image_link")!.Value);
        Assert.Equal("-SKU\"1", item.Element(G + "id")!.Value);
    }

    [Fact]
    public async Task Google_CharactersThatXmlCannotHold_AreDroppedAndCounted()
    {
        var (text, tally) = await Exported.RunAsync(Exported.As(ExportFormat.Google), TestRecords.Described("a.jpg", ("title", "a\0b\u0007c\uD800d\uFFFEe😀"), ("description", "fine")));
        var content = XDocument.Parse(text).Descendants(G + "structured_title").Single().Element(G + "content")!.Value;
        Assert.Equal("abcde😀", content);
        Assert.Equal(1, tally.Warnings["control-character-dropped"]);
    }

    [Fact]
    public async Task Amazon_NastyTexts_AreOneLineACell()
    {
        var row = Assert.Single(await Exported.RowsAsync(ExportFormat.Amazon, Nasty));
        Assert.Equal(Exported.Nasty.ReplaceLineEndings(" ").Replace('\t', ' '), row["item_name"]);
        Assert.Equal(Exported.Nasty.ReplaceLineEndings("<br>").Replace('\t', ' '), WebUtility.HtmlDecode(row["product_description"]).Replace("&", "&amp;", StringComparison.Ordinal).Replace("&amp;amp;", "&amp;", StringComparison.Ordinal));
        Assert.Equal(("=2", "plain", ""), (row["bullet_point2"], row["bullet_point3"], row["bullet_point4"]));
        Assert.Equal(("-SKU\"1", "Acme", "12.50", "3"), (row["item_sku"], row["brand_name"], row["standard_price"], row["quantity"]));
        Assert.Equal(("4006381333931", "EAN"), (row["external_product_id"], row["external_product_id_type"]));
        Assert.Equal("x, y \"z\"", row["generic_keywords"]);
        Assert.Equal(Url, row["main_image_url"]);
    }

    [Fact]
    public async Task SchemaOrg_NastyTexts_ReadBackAndCannotEndAScriptElement()
    {
        var text = await Exported.TextAsync(ExportFormat.SchemaOrg, Nasty, TestRecords.Described("b.jpg", ("title", "</script>")));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.DoesNotContain("<", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(lines[0]);
        var product = json.RootElement;
        Assert.Equal(("https://schema.org", "Product"), (product.GetProperty("@context").GetString(), product.GetProperty("@type").GetString()));
        Assert.Equal(Exported.Nasty, product.GetProperty("name").GetString());
        Assert.Equal(Exported.Nasty, product.GetProperty("description").GetString());
        Assert.Equal(("12.50", "EUR", "https://schema.org/InStock"), (
            product.GetProperty("offers").GetProperty("price").GetString(),
            product.GetProperty("offers").GetProperty("priceCurrency").GetString(),
            product.GetProperty("offers").GetProperty("availability").GetString()));
        Assert.Equal(Exported.Nasty, product.GetProperty("image")[0].GetProperty("caption").GetString());
        Assert.Equal("https://schema.org/TrainedAlgorithmicMediaDigitalSource", product.GetProperty("subjectOf").GetProperty("digitalSourceType").GetString());
    }

    /// <summary>The text of a guarded cell, as an importer restores it.</summary>
    private static string Unguard(string cell) => cell is ['\'', .. var rest] && FormulaGuard.IsFormula(rest) ? rest : cell;
}
