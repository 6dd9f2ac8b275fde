using System.Text;
using System.Xml;

namespace BlobCaptioner.Exports;

/// <summary>
/// Google Merchant Center's product data as RSS 2.0. Source: https://support.google.com/merchants/answer/7052112 (attributes and limits),
/// https://support.google.com/merchants/answer/14589993 (XML).
/// </summary>
/// <remarks>
/// Titles and descriptions that the model wrote go into <c>structured_title</c> and <c>structured_description</c> with <c>trained_algorithmic_media</c>, in place of <c>title</c>
/// and <c>description</c>; those that a person wrote go into the plain ones (https://support.google.com/merchants/answer/13799103).
/// Characters that XML doesn't allow are dropped and counted. Limits: id 50, title 150, description 5,000, brand and MPN 70, 2 to 100 highlights of 150, three colours of 40 and 100
/// in all, material and pattern 200 and 100, size 100, product_type 750 characters, ten additional images.
/// </remarks>
internal sealed class GoogleWriter : IExportWriter
{
    /// <summary>Namespace of Google's attributes.</summary>
    internal const string Namespace = "http://base.google.com/ns/1.0";

    private const int AdditionalImages = 10;

    private readonly XmlWriter _xml;
    private readonly ExportTally _tally;
    private readonly Limits _limits;

    public GoogleWriter(Stream stream, ExportTally tally)
    {
        _tally = tally;
        _limits = new(tally);
        _xml = XmlWriter.Create(stream, new()
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = true,
            NewLineHandling = NewLineHandling.Entitize,
        });
        _xml.WriteStartDocument();
        _xml.WriteStartElement("rss");
        _xml.WriteAttributeString("version", "2.0");
        _xml.WriteAttributeString("xmlns", "g", ns: null, Namespace);
        _xml.WriteStartElement("channel");
        _xml.WriteElementString("title", "Product data");
        _xml.WriteElementString("link", "https://support.google.com/merchants/answer/7052112");
        _xml.WriteElementString("description", "Written by BlobCaptioner");
    }

    public void Write(ExportItem item)
    {
        _xml.WriteStartElement("item");
        Write("id", item.ShortId(50));
        WriteText("title", item.Title, 150);
        WriteText("description", item.Description, 5000);
        Write("link", _limits.Need(item.Fact("link", "url", "product_url"), "link"));
        Write("image_link", item.Images[0].Url);
        foreach (var image in item.Images.Skip(1).Take(AdditionalImages))
        {
            Write("additional_image_link", image.Url);
        }

        Write("availability", _limits.Need(Stock.Availability(item), "availability"));
        WritePrice("price", Price.Of(item, _tally, "price"), isNeeded: true);
        WritePrice("sale_price", Price.Of(item, _tally, "sale_price"), isNeeded: false);
        Write("brand", _limits.Cut(item.Value("brand"), 70, "brand"));
        Write("gtin", item.Fact("gtin", "ean", "upc", "isbn", "barcode"));
        Write("mpn", _limits.Cut(item.Fact("mpn"), 70, "mpn"));
        Write("condition", item.Fact("condition")?.ToLowerInvariant());
        Write("google_product_category", item.Fact("google_product_category"));
        Write("product_type", _limits.Cut(item.Text("product_type")?.Value ?? item.Value("product_type") ?? item.Value("category"), 750, "product_type"));
        Write("item_group_id", item.Fact("item_group_id"));
        WriteHighlights(item);
        Write("color", _limits.Join([.. item.Values("color").Select(c => _limits.Cut(c, 40, "color")!)], "/", 3, 100, c => c.Length, "color"));
        Write("material", _limits.Join(item.Values("material"), "/", int.MaxValue, 200, m => m.Length, "material"));
        Write("pattern", _limits.Cut(item.Value("pattern"), 100, "pattern"));
        Write("size", _limits.Cut(item.Value("size"), 100, "size"));
        Write("gender", Allowed(item.Value("gender"), "gender", "male", "female", "unisex"));
        Write("age_group", Allowed(item.Value("age_group"), "age_group", "newborn", "infant", "toddler", "kids", "adult"));
        _xml.WriteEndElement();
        _xml.Flush();
    }

    public void Dispose() => _xml.Dispose();

    private void WriteText(string name, ExportText? text, int characters)
    {
        var value = _limits.Cut(_limits.Need(text?.Value, name), characters, name);
        if (text is not { ByPerson: false })
        {
            Write(name, value);
            return;
        }

        _xml.WriteStartElement("g", "structured_" + name, Namespace);
        Write("digital_source_type", "trained_algorithmic_media");
        Write("content", value);
        _xml.WriteEndElement();
    }

    private void WriteHighlights(ExportItem item)
    {
        var highlights = item.Texts("product_highlights") is { Count: > 0 } written ? written : item.Texts("bullets");
        if (highlights.Count == 1)
        {
            _tally.Warn("product_highlight-alone");
            return;
        }

        if (highlights.Count > 100)
        {
            _tally.Warn("product_highlight-cut");
        }

        foreach (var highlight in highlights.Take(100))
        {
            Write("product_highlight", _limits.Cut(highlight.Value, 150, "product_highlight"));
        }
    }

    private void WritePrice(string name, Price? price, bool isNeeded)
    {
        if (price is { Currency: null })
        {
            _tally.Warn("currency-missing");
        }

        var text = price is null ? null : $"{price.Amount} {price.Currency}".TrimEnd();
        Write(name, isNeeded ? _limits.Need(text, name) : text);
    }

    private string? Allowed(string? value, string name, params string[] allowed)
    {
        var known = Array.Find(allowed, a => string.Equals(a, value, StringComparison.OrdinalIgnoreCase));
        if (value is not null && known is null)
        {
            _tally.Warn(name + "-not-allowed");
        }

        return known;
    }

    private void Write(string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            _xml.WriteElementString("g", name, Namespace, XmlText(text));
        }
    }

    private string XmlText(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
            {
                kept.Append(text[i]);
            }
            else if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                kept.Append(text[i]).Append(text[++i]);
            }
        }

        if (kept.Length == text.Length)
        {
            return text;
        }

        _tally.Warn("control-character-dropped");
        return kept.ToString();
    }
}
