using System.Runtime.CompilerServices;
using System.Text;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;
using CsvHelper;
using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>Runs exports over records that tests make.</summary>
internal static class Exported
{
    public static readonly Uri BaseUrl = new("https://shop.example/img/");

    /// <summary>What no format may break: quotes, separators, breaks, markup, emoji with joiners, right-to-left, combining marks, a formula.</summary>
    public const string Nasty = "=1+1;\"a\", 'b'\tc\nline 2\r\nline 3 ]]> <b>&amp; 👩‍👩‍👧 שלום (مرحبا) e\u0301 \\ \u00A0end";

    public static async Task<(string Text, ExportTally Tally)> RunAsync(ExportOptions options, params CaptionRecord[] records)
    {
        using var stream = new MemoryStream();
        var byName = records.ToDictionary(NameOf, StringComparer.Ordinal);
        var tally = await RecordExport.RunAsync(
            StreamAsync(records), (name, _) => Task.FromResult(byName.GetValueOrDefault(name)), options, stream, progress: null, TestContext.Current.CancellationToken);
        return (new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(stream.ToArray()), tally);
    }

    public static ExportOptions As(ExportFormat format) => new() { Format = format, BaseUrl = BaseUrl };

    public static async Task<string> TextAsync(ExportFormat format, params CaptionRecord[] records) => (await RunAsync(As(format), records)).Text;

    /// <summary>Rows by column, read by CsvHelper.</summary>
    public static async Task<List<Dictionary<string, string>>> RowsAsync(ExportFormat format, params CaptionRecord[] records) =>
        Rows(await TextAsync(format, records), format == ExportFormat.Amazon);

    public static List<Dictionary<string, string>> Rows(string text, bool tabs = false)
    {
        var options = CsvReaderOptions.Default with
        {
            HasHeader = false,
            Separator = tabs ? '\t' : ',',
            Mode = tabs ? CsvMode.NoEscape : CsvMode.Rfc4180,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
        };
        using var reader = CsvReader.FromText(text, options);
        var rows = new List<string[]>();
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        return [.. rows.Skip(1).Select(r => rows[0].Zip(r).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal))];
    }

    private static string NameOf(CaptionRecord record) =>
        record.Product is { } product && record.Image.Name.EndsWith(".product", StringComparison.Ordinal)
            ? ProductRecords.NameFor(record.Image.Name, product.Sku)
            : record.Image.Name + ".json";

    private static async IAsyncEnumerable<ListedRecord> StreamAsync(CaptionRecord[] records, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(NameOf(record), record);
        }

        await Task.CompletedTask;
    }
}
