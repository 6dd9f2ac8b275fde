using System.Text.Json;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Exports;

/// <summary>Exports a container's records in an importer's format, as a stream in constant memory.</summary>
public static class RecordExport
{
    private const int BufferBytes = 64 * 1024;
    private const int RememberedIds = 4_096;

    /// <summary>Exports the records of a store.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="options">Selection and format.</param>
    /// <param name="output">Receives UTF-8 without a byte order mark; left open. After an exception its content is incomplete.</param>
    /// <param name="progress">Reported after each item; null for no reports.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Counts.</returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public static Task<ExportTally> RunAsync(
        CaptionStorage storage, ExportOptions options, Stream output, IProgress<ExportTally>? progress, CancellationToken cancellationToken)
    {
        var tally = new ExportTally();
        var listing = new RecordListing(storage.Images) { OnUnreadable = _ => tally.Skip("record-broken") };
        return RunAsync(listing.ReadAsync(options.Prefix, options.Status, cancellationToken), listing.FindAsync, options, output, progress, tally, cancellationToken);
    }

    /// <summary>Exports any records.</summary>
    /// <param name="records">The records in name order.</param>
    /// <param name="find">Reads one by its blob's name, null where there is none: for the views of products.</param>
    /// <param name="options">The format.</param>
    /// <param name="output">Receives the bytes; left open.</param>
    /// <param name="progress">Reported after each item; null for no reports.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<ExportTally> RunAsync(
        IAsyncEnumerable<ListedRecord> records,
        Func<string, CancellationToken, Task<CaptionRecord?>> find,
        ExportOptions options,
        Stream output,
        IProgress<ExportTally>? progress,
        CancellationToken cancellationToken) => RunAsync(records, find, options, output, progress, new(), cancellationToken);

    private static async Task<ExportTally> RunAsync(
        IAsyncEnumerable<ListedRecord> records,
        Func<string, CancellationToken, Task<CaptionRecord?>> find,
        ExportOptions options,
        Stream output,
        IProgress<ExportTally>? progress,
        ExportTally tally,
        CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream(BufferBytes);
        var ids = new RecentIds(RememberedIds);
        using (var writer = Create(options.Format, buffer, tally))
        {
            await foreach (var item in new ExportItems(options, find, tally).ReadAsync(records, cancellationToken))
            {
                if (options.Format != ExportFormat.Jsonl && !ids.TryAdd(item.Id))
                {
                    // Pictures of one SKU, and a profile that doesn't group them.
                    tally.Warn("id-repeated");
                }

                writer.Write(item);
                tally.Wrote();
                progress?.Report(tally);
                if (buffer.Length >= BufferBytes)
                {
                    await DrainAsync(buffer, output, cancellationToken);
                }
            }
        }

        await DrainAsync(buffer, output, cancellationToken);
        await output.FlushAsync(cancellationToken);
        return tally;
    }

    private static async Task DrainAsync(MemoryStream buffer, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
        buffer.SetLength(0);
    }

    private static IExportWriter Create(ExportFormat format, Stream stream, ExportTally tally) => format switch
    {
        ExportFormat.Jsonl => new JsonlWriter(stream),
        ExportFormat.Csv => new FlatCsvWriter(stream),
        ExportFormat.Shopify => new ShopifyWriter(stream, tally),
        ExportFormat.Google => new GoogleWriter(stream, tally),
        ExportFormat.WooCommerce => new WooCommerceWriter(stream, tally),
        ExportFormat.Amazon => new AmazonWriter(stream, tally),
        ExportFormat.SchemaOrg => new SchemaOrgWriter(stream, tally),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such export format."),
    };
}

/// <summary>Writes one format to a stream; the constructor writes what comes before the first row.</summary>
internal interface IExportWriter : IDisposable
{
    /// <summary>Writes one item to the stream. Keeps nothing of it.</summary>
    void Write(ExportItem item);
}

/// <summary>JSON Lines: each record as in the container, with a person's edits applied.</summary>
internal sealed class JsonlWriter(Stream stream) : IExportWriter
{
    public void Write(ExportItem item)
    {
        JsonSerializer.Serialize(stream, item.Main.Record, RecordJson.RecordLine);
        stream.WriteByte((byte)'\n');
    }

    public void Dispose()
    {
    }
}

/// <summary>Detects ids that repeat soon, in constant memory: of several rows with one id, importers keep one.</summary>
/// <param name="capacity">Number of ids to remember.</param>
internal sealed class RecentIds(int capacity)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Adds an id; false where it is among the remembered ones.</summary>
    public bool TryAdd(string id)
    {
        if (!_ids.Add(id))
        {
            return false;
        }

        _order.Enqueue(id);
        if (_order.Count > capacity)
        {
            _ids.Remove(_order.Dequeue());
        }

        return true;
    }
}
