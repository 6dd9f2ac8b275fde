using System.Runtime.CompilerServices;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Exports;

/// <summary>Makes rows of records: applies edits, gathers views under their product, and leaves out what must not be published.</summary>
/// <param name="options">What to export.</param>
/// <param name="find">Reads a record by its blob's name; null where there is none.</param>
/// <param name="tally">Counts skipped records.</param>
internal sealed class ExportItems(ExportOptions options, Func<string, CancellationToken, Task<CaptionRecord?>> find, ExportTally tally)
{
    // A product's views are close to each other in the listing: enough to look each product up once.
    private const int Remembered = 256;

    private readonly Dictionary<string, bool> _products = new(StringComparer.Ordinal);

    private bool IsListOfRecords => options.Format == ExportFormat.Jsonl;

    private bool IsForShops => options.Format is not (ExportFormat.Jsonl or ExportFormat.Csv);

    /// <summary>One item for each record that gets a row, in the records' order.</summary>
    public async IAsyncEnumerable<ExportItem> ReadAsync(IAsyncEnumerable<ListedRecord> records, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var listed in records.WithCancellation(cancellationToken))
        {
            tally.Read();
            var main = EffectiveRecord.Of(listed.Record);
            if (Refusal(main) is { } reason)
            {
                tally.Skip(reason);
            }
            else if (!IsListOfRecords && await IsViewOfAProductAsync(listed, cancellationToken))
            {
                tally.Skip("view-of-a-product");
            }
            else
            {
                var language = Language(main.Record);
                if (await ImagesAsync(listed, main, language, cancellationToken) is { } images)
                {
                    yield return new() { Main = main, Language = language, Images = images };
                }
                else
                {
                    tally.Skip("product-without-views");
                }
            }
        }
    }

    private string? Refusal(EffectiveRecord main)
    {
        if (options.ApprovedOnly && !main.IsApproved)
        {
            return "not-approved";
        }

        if (IsListOfRecords)
        {
            return null;
        }

        if (main.IsRejected)
        {
            return "rejected-by-review";
        }

        if (IsForShops && main.Record.Status != RecordStatus.Described)
        {
            return "not-described";
        }

        if (options.Language is not null && Language(main.Record) is null)
        {
            return "language-missing";
        }

        return IsForShops && main.Record.Attributes.TryGetValue("is_product", out var product) && product.Value?.ToString() == "no" ? "not-a-product" : null;
    }

    private string? Language(CaptionRecord record)
    {
        if (options.Language is { } asked)
        {
            return record.Copy.Keys.FirstOrDefault(l => string.Equals(l, asked, StringComparison.OrdinalIgnoreCase));
        }

        return record.Profile.Languages?.FirstOrDefault(record.Copy.ContainsKey) ?? record.Copy.Keys.FirstOrDefault();
    }

    private async Task<bool> IsViewOfAProductAsync(ListedRecord listed, CancellationToken cancellationToken)
    {
        if (listed.Record.Product is not { } product || ProductRecords.IsProductRecord(listed.BlobName))
        {
            return false;
        }

        var name = ProductRecords.NameFor(listed.Record.Image.Name, product.Sku);
        if (!_products.TryGetValue(name, out var there))
        {
            if (_products.Count == Remembered)
            {
                _products.Clear();
            }

            _products[name] = there = await find(name, cancellationToken) is { Status: RecordStatus.Described };
        }

        return there;
    }

    // Null for a product without a view: they were deleted with their records, or belong to other products now.
    private async Task<IReadOnlyList<ExportImage>?> ImagesAsync(ListedRecord listed, EffectiveRecord main, string? language, CancellationToken cancellationToken)
    {
        if (IsListOfRecords)
        {
            return [];
        }

        if (!ProductRecords.IsProductRecord(listed.BlobName) || main.Record.Product is not { Views.Count: > 0 } product)
        {
            return [new(Url(main.Record.Image.Name), Alt(main, language))];
        }

        var images = new List<ExportImage>(product.Views.Count);
        var isAny = false;
        foreach (var view in product.Views)
        {
            var record = await find(ImageNames.RecordFor(view), cancellationToken);
            isAny |= record?.Product?.Sku == product.Sku;
            var effective = record is null ? null : EffectiveRecord.Of(record);
            var mayShow = effective is { IsRejected: false } && (effective.IsApproved || !options.ApprovedOnly);
            images.Add(new(Url(view), mayShow ? Alt(effective!, language) : null));
        }

        return isAny ? images : null;
    }

    private static string? Alt(EffectiveRecord record, string? language)
    {
        if (language is null || !record.Record.Copy.TryGetValue(language, out var copy))
        {
            return null;
        }

        var alt = (copy.GetValueOrDefault("alt_text") ?? copy.GetValueOrDefault("title"))?.ToString();
        return string.IsNullOrWhiteSpace(alt) ? null : alt;
    }

    private string Url(string imageName) =>
        $"{options.BaseUrl.AbsoluteUri.TrimEnd('/')}/{string.Join('/', imageName.Split('/').Select(Uri.EscapeDataString))}";
}
