using System.Text.Encodings.Web;
using System.Text.Json;

namespace BlobCaptioner.Exports;

/// <summary>
/// schema.org Product as JSON-LD, one object a line, each for a page's <c>&lt;script type="application/ld+json"&gt;</c>: characters that would end that element are escaped.
/// Source: https://schema.org/Product, https://developers.google.com/search/docs/appearance/structured-data/product.
/// </summary>
/// <remarks>
/// Generated copy is declared in <c>subjectOf</c>, a CreativeWork with <c>digitalSourceType</c> (https://schema.org/digitalSourceType), unless a person wrote title and
/// description. A price without a currency makes no offer and counts as <c>currency-missing</c>.
/// </remarks>
internal sealed class SchemaOrgWriter(Stream stream, ExportTally tally) : IExportWriter
{
    private static readonly string[] Properties = ["color", "material", "pattern", "size"];

    // < > & stay escaped; all other characters are readable.
    private readonly Utf8JsonWriter _json = new(stream, new() { Encoder = JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All) });

    public void Write(ExportItem item)
    {
        _json.WriteStartObject();
        _json.WriteString("@context", "https://schema.org");
        _json.WriteString("@type", "Product");
        Write("name", item.Title?.Value);
        Write("description", item.Description?.Value);
        Write("sku", item.Sku);
        Write("gtin", item.Fact("gtin", "ean", "upc", "isbn", "barcode"));
        Write("mpn", item.Fact("mpn"));
        Write("url", item.Fact("link", "url", "product_url"));
        WriteBrand(item.Value("brand"));
        Write("category", item.Value("category"));
        foreach (var property in Properties)
        {
            Write(property, item.Value(property));
        }

        WriteAudience(item);
        Write("keywords", item.Keywords is { Count: > 0 } keywords ? string.Join(", ", keywords) : null);
        WriteImages(item);
        WriteOffer(item);
        WriteSource(item);
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        stream.WriteByte((byte)'\n');
    }

    public void Dispose() => _json.Dispose();

    private void WriteBrand(string? brand)
    {
        if (brand is not null)
        {
            Begin("brand", "Brand");
            _json.WriteString("name", brand);
            _json.WriteEndObject();
        }
    }

    private void WriteAudience(ExportItem item)
    {
        var (gender, age) = (item.Value("gender"), item.Value("age_group"));
        if (gender is not null || age is not null)
        {
            Begin("audience", "PeopleAudience");
            Write("suggestedGender", gender);
            Write("audienceType", age);
            _json.WriteEndObject();
        }
    }

    private void WriteImages(ExportItem item)
    {
        _json.WriteStartArray("image");
        foreach (var image in item.Images)
        {
            _json.WriteStartObject();
            _json.WriteString("@type", "ImageObject");
            _json.WriteString("contentUrl", image.Url);
            Write("caption", image.Alt);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteOffer(ExportItem item)
    {
        if (Price.Of(item, tally, "price") is not { } price)
        {
            tally.Warn("price-missing");
        }
        else if (price.Currency is null)
        {
            tally.Warn("currency-missing");
        }
        else
        {
            Begin("offers", "Offer");
            _json.WriteString("price", price.Amount);
            _json.WriteString("priceCurrency", price.Currency);
            Write("availability", Stock.Availability(item) switch
            {
                "in_stock" => "https://schema.org/InStock",
                "out_of_stock" => "https://schema.org/OutOfStock",
                "preorder" => "https://schema.org/PreOrder",
                "backorder" => "https://schema.org/BackOrder",
                _ => null,
            });
            Write("url", item.Fact("link", "url", "product_url"));
            _json.WriteEndObject();
        }
    }

    private void WriteSource(ExportItem item)
    {
        if (item.Title is { ByPerson: false } || item.Description is { ByPerson: false })
        {
            Begin("subjectOf", "CreativeWork");
            _json.WriteString("digitalSourceType", "https://schema.org/TrainedAlgorithmicMediaDigitalSource");
            Write("inLanguage", item.Language);
            _json.WriteEndObject();
        }
    }

    private void Begin(string property, string type)
    {
        _json.WriteStartObject(property);
        _json.WriteString("@type", type);
    }

    private void Write(string property, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _json.WriteString(property, value);
        }
    }
}
