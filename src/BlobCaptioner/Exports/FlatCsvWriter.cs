namespace BlobCaptioner.Exports;

/// <summary>
/// CSV for spreadsheets (RFC 4180, UTF-8): one row for each picture or product, in one language. Lists have one item a line. <see cref="FormulaGuard"/> guards the cells.
/// </summary>
internal sealed class FlatCsvWriter(Stream stream) : IExportWriter
{
    private static readonly string[] Texts =
        ["title", "description", "short_description", "bullets", "product_highlights", "alt_text", "seo_title", "meta_description", "keywords", "product_type"];

    private static readonly string[] Attributes =
        ["category", "color", "material", "pattern", "style", "occasion", "size", "brand", "gender", "age_group", "visible_text", "is_product"];

    private static readonly string[] Facts = ["price", "currency", "availability", "quantity", "link", "gtin", "mpn", "condition"];

    private readonly TableWriter _table = new(
        stream, ["id", "sku", "image", "image_url", "additional_image_urls", "status", "review", "language", .. Texts, .. Attributes, .. Facts, "flags", "error", "model", "digital_source_type"]);

    public void Write(ExportItem item)
    {
        var record = item.Main.Record;
        Set("id", item.Id);
        Set("sku", item.Sku);
        Set("image", record.Image.Name);
        Set("image_url", item.Images[0].Url);
        Set("additional_image_urls", string.Join('\n', item.Images.Skip(1).Select(i => i.Url)));
        Set("status", record.Status.ToString().ToLowerInvariant());
        Set("review", item.Main.Review.State);
        Set("language", item.Language);
        foreach (var field in Texts)
        {
            Set(field, string.Join('\n', item.Texts(field).Select(t => t.Value)));
        }

        foreach (var attribute in Attributes)
        {
            Set(attribute, string.Join('\n', item.Values(attribute)));
        }

        foreach (var fact in Facts)
        {
            Set(fact, item.Fact(fact));
        }

        Set("flags", string.Join('\n', record.Flags));
        Set("error", record.Error is { } error ? $"{error.Code}: {error.Message}" : null);
        Set("model", record.Generation.Model);
        Set("digital_source_type", record.Generation.DigitalSourceType);
        _table.WriteRow();
    }

    public void Dispose() => _table.Dispose();

    private void Set(string column, string? cell) => _table[column] = FormulaGuard.Guard(cell);
}

/// <summary>
/// Keeps spreadsheets from running a cell as a formula: what begins with <c>=</c>, <c>+</c>, <c>-</c>, <c>@</c>, tab or carriage return gets an apostrophe in front.
/// Source: https://owasp.org/www-community/attacks/CSV_Injection.
/// </summary>
internal static class FormulaGuard
{
    /// <summary>The guarded cell. A cell that begins with apostrophes and such a sign gets one more, so that every text can be restored exactly.</summary>
    public static string? Guard(string? cell) => IsFormula(cell) ? "'" + cell : cell;

    internal static bool IsFormula(string? cell) => (cell ?? "").AsSpan().TrimStart('\'') is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
}
