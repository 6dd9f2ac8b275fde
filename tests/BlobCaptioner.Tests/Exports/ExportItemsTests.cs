using System.Text.Json;
using System.Xml.Linq;
using BlobCaptioner.Exports;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>Which records become rows, and what of them is written.</summary>
public sealed class ExportItemsTests
{
    private static readonly XNamespace G = GoogleWriter.Namespace;

    private static RecordProduct Product => new("M1", ["mugs/M1-1.jpg", "mugs/M1-2.jpg"]);

    private static CaptionRecord[] ProductWithViews(string? review = null) =>
    [
        TestRecords.Described("mugs/M1-1.jpg", ("alt_text", "The front")) with { Product = Product },
        (review is null ? TestRecords.Described("mugs/M1-2.jpg", ("alt_text", "The back")) : TestRecords.Described("mugs/M1-2.jpg", ("alt_text", "The back")).Reviewed(review)) with { Product = Product },
        TestRecords.Described("mugs/M1.product", ("title", "A mug")).With(("price", "5")) with { Product = Product },
        TestRecords.Described("other.jpg", ("title", "Other"), ("alt_text", "Another")),
    ];

    [Fact]
    public async Task Shopify_ProductWithTwoViews_IsOneProductWithTwoImageRows()
    {
        var rows = await Exported.RowsAsync(ExportFormat.Shopify, ProductWithViews());
        Assert.Equal(["A mug", "", "Other"], rows.Select(r => r["Title"]));
        Assert.Equal(["m1", "m1"], rows.Take(2).Select(r => r["URL handle"]));
        Assert.Equal([("1", "The front"), ("2", "The back"), ("1", "Another")], rows.Select(r => (r["Image position"], r["Image alt text"])));
        Assert.Equal("https://shop.example/img/mugs/M1-2.jpg", rows[1]["Product image URL"]);
        Assert.Equal(("M1", ""), (rows[0]["SKU"], rows[1]["SKU"]));
    }

    [Fact]
    public async Task AnyShopFormat_ViewsWithoutTheirProductRecord_AreRowsOfTheirOwn()
    {
        var rows = await Exported.RowsAsync(ExportFormat.Csv, [.. ProductWithViews().Take(2)]);
        Assert.Equal(["The front", "The back"], rows.Select(r => r["alt_text"]));
    }

    [Fact]
    public async Task Google_TwoPicturesOfOneSkuUngrouped_AreCountedAsRepeated()
    {
        var records = Enumerable.Range(0, 3).Select(i => TestRecords.Described($"{i}.jpg", ("title", "A mug")).With(("sku", i < 2 ? "M1" : "M2"))).ToArray();
        var (text, tally) = await Exported.RunAsync(Exported.As(ExportFormat.Google), records);
        Assert.Equal(["M1", "M1", "M2"], XDocument.Parse(text).Descendants(G + "id").Select(i => i.Value));
        Assert.Equal(1, tally.Warnings["id-repeated"]);
    }

    [Fact]
    public async Task Jsonl_ProductWithViews_HoldsEveryRecord() =>
        Assert.Equal(4, (await Exported.RunAsync(Exported.As(ExportFormat.Jsonl), ProductWithViews())).Tally.Items);

    [Fact]
    public async Task Approved_OnlyTheProductIsApproved_ItsViewsStayWithoutAltText()
    {
        var records = ProductWithViews("""{"state":"approved"}""");
        records[2] = records[2].Reviewed("""{"approved":true}""");
        var (text, tally) = await Exported.RunAsync(Exported.As(ExportFormat.Shopify) with { ApprovedOnly = true }, records);
        var rows = Exported.Rows(text);
        Assert.Equal(["", "The back"], rows.Select(r => r["Image alt text"]));
        Assert.Equal(("Active", "TRUE"), (rows[0]["Status"], rows[0]["Published on online store"]));
        Assert.Equal(2, tally.Skipped["not-approved"]);
        Assert.Equal(1, tally.Skipped["view-of-a-product"]);
    }

    [Fact]
    public async Task Language_Asked_WritesItAndLeavesOutWhoLacksIt()
    {
        var both = TestRecords.Described("a.jpg", ("title", "A mug")) with
        {
            Copy = new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal)
            {
                ["en"] = new Dictionary<string, CopyValue>(StringComparer.Ordinal) { ["title"] = "A mug" },
                ["de"] = new Dictionary<string, CopyValue>(StringComparer.Ordinal) { ["title"] = "Ein Becher" },
            },
        };
        var options = Exported.As(ExportFormat.Csv) with { Language = "DE" };
        var (text, tally) = await Exported.RunAsync(options, both, TestRecords.Described("b.jpg", ("title", "A chair")));
        Assert.Equal(("Ein Becher", "de"), Assert.Single(Exported.Rows(text).Select(r => (r["title"], r["language"]))));
        Assert.Equal(1, tally.Skipped["language-missing"]);
        Assert.Equal("A mug", Exported.Rows(await Exported.TextAsync(ExportFormat.Csv, both)).Single()["title"]);
    }

    [Fact]
    public async Task ShopFormats_WhatIsNoProductOrNotToBePublished_IsLeftOutAndCounted()
    {
        var banner = TestRecords.Described("banner.jpg", ("title", "Sale")) with { Attributes = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal) { ["is_product"] = new("no", 0.9) } };
        var (text, tally) = await Exported.RunAsync(
            Exported.As(ExportFormat.SchemaOrg) with { Status = null },
            banner, TestRecords.Without("bad.jpg", RecordStatus.Rejected), TestRecords.Described("no.jpg", ("title", "x")).Reviewed("""{"state":"rejected"}"""));
        Assert.Empty(text);
        Assert.Equal([("not-a-product", 1L), ("not-described", 1L), ("rejected-by-review", 1L)], tally.Skipped.Select(s => (s.Key, s.Value)));
    }

    [Fact]
    public async Task Google_TextsOverTheLimits_AreCutAtAWordAndCounted()
    {
        var record = TestRecords.Described(
            "a.jpg",
            ("title", string.Join(' ', Enumerable.Repeat("wordy", 40))),
            ("description", string.Concat(Enumerable.Repeat("This is one sentence of a text. ", 200)).Trim()),
            ("product_highlights", new([new string('x', 200), "fine"]))) with
        {
            Attributes = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal)
            {
                ["color"] = new(new CopyValue(["red", "white", "blue", "green"]), 0.5),
                ["age_group"] = new("elderly", 0.5),
                ["gender"] = new("Female", 0.5),
            },
        };
        var (text, tally) = await Exported.RunAsync(Exported.As(ExportFormat.Google), record);
        var item = XDocument.Parse(text).Descendants("item").Single();
        var title = item.Element(G + "structured_title")!.Element(G + "content")!.Value;
        Assert.InRange(title.Length, 100, 150);
        Assert.EndsWith("wordy", title, StringComparison.Ordinal);
        var description = item.Element(G + "structured_description")!.Element(G + "content")!.Value;
        Assert.InRange(description.Length, 4900, 5000);
        Assert.EndsWith("text.", description, StringComparison.Ordinal);
        Assert.Equal(150, item.Elements(G + "product_highlight").First().Value.Length);
        Assert.Equal("red/white/blue", item.Element(G + "color")!.Value);
        Assert.Equal("female", item.Element(G + "gender")!.Value);
        Assert.Null(item.Element(G + "age_group"));
        Assert.Equal(
            ["age_group-not-allowed", "availability-missing", "color-cut", "description-cut", "link-missing", "price-missing", "product_highlight-cut", "title-cut"], tally.Warnings.Keys);
    }

    [Theory]
    [InlineData("12", null, "12")]
    [InlineData("12.5 usd", null, "12.5 USD")]
    [InlineData("EUR 9,99", null, "9.99 EUR")]
    [InlineData("12.50", "eur", "12.50 EUR")]
    [InlineData("1.234", "EUR", null)]
    [InlineData("$5", null, null)]
    public async Task Google_PriceOfTheCatalogue_IsWrittenOnlyWhereItCanBeReadInOneWay(string price, string? currency, string? expected)
    {
        var record = TestRecords.Described("a.jpg", ("title", "x")).With(currency is null ? [("Price", price)] : [("Price", price), ("currency", currency)]);
        Assert.Equal(expected, XDocument.Parse(await Exported.TextAsync(ExportFormat.Google, record)).Descendants(G + "price").SingleOrDefault()?.Value);
    }

    [Fact]
    public async Task AnyFormat_FieldsMissing_TakesWhatComesNearest()
    {
        var onlyHighlights = TestRecords.Described("a.jpg", ("title", "T"), ("product_highlights", new(["one", "two"])));
        Assert.Equal(["one", "two"], (await Exported.RowsAsync(ExportFormat.Amazon, onlyHighlights)).Select(r => new[] { r["bullet_point1"], r["bullet_point2"] }).Single());
        var onlyShort = TestRecords.Described("a.jpg", ("title", "T"), ("short_description", "Short."));
        Assert.Equal("Short.", (await Exported.RowsAsync(ExportFormat.Amazon, onlyShort)).Single()["product_description"]);
        var onlyAlt = TestRecords.Described("a.jpg", ("alt_text", "Alt."));
        using var json = JsonDocument.Parse(await Exported.TextAsync(ExportFormat.SchemaOrg, onlyAlt));
        Assert.Equal("Alt.", json.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void EffectiveRecord_EditedAttributes_CountAsSuppliedAndBlankOnesAsUnknown()
    {
        var record = EffectiveRecord.Of(TestRecords.Described("a.jpg").Reviewed("""{"edits":{"attributes":{"color":["blue"],"brand":""}}}""")).Record;
        Assert.Equal((Evidence.Supplied, null, "blue"), (record.Attributes["color"].Evidence, record.Attributes["color"].Confidence, record.Attributes["color"].Value!.ToString()));
        Assert.Equal(Evidence.Unknown, record.Attributes["brand"].Evidence);
        Assert.Null(record.Attributes["brand"].Value);
    }
}
