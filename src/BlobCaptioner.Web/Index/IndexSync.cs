using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Setup;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Web.Index;

/// <summary>Keeps the index in step with the container: lists it repeatedly, reads the records that are new or changed, and informs the feed.</summary>
internal sealed partial class IndexSync(CaptionStorage storage, RecordIndex index, LiveFeed feed, BatchMonitor batch, WebOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private const int Parallelism = 16;
    private const int Batch = 200;

    // SQLITE_TOOBIG: a row is too long. Its other errors are the file's.
    private const int TooBig = 18;

    private readonly ILogger _logger = logger;
    private readonly ListingPace _pace = new(time);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Lock _writing = new();
    private Dictionary<string, (string ETag, string RecordETag)>? _known;

    /// <summary>True once the container was listed, so that the gallery's counts are complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Lists until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var isLogged = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await SyncAsync(stop);
                isLogged = false;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                if (RecordIndex.IsDamage(error))
                {
                    Rebuild();
                    Wake();
                }

                // Logged once for each outage, not every two seconds.
                if (!isLogged)
                {
                    isLogged = true;
                    ListingFailed(error);
                }
            }

            using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(Task.Delay(_pace.Pause(options.ListingInterval), time, woken.Token), _wake.WaitAsync(woken.Token));
            await woken.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    /// <summary>Starts the next listing at once.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            try
            {
                _wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // another thread was faster
            }
        }
    }

    /// <summary>Indexes a record that was just written.</summary>
    /// <param name="record">The record.</param>
    /// <param name="recordETag">Its ETag; empty if unknown, then the next listing reads the record again.</param>
    public void Update(CaptionRecord record, string recordETag)
    {
        var name = NameOf(record);
        var picture = IndexedPicture.Of(name, record.Product?.ViewsHash is null ? record.Image.ETag : "", recordETag, record, index.Find(name)?.Uploaded ?? time.GetUtcNow());
        Write([picture]);
    }

    /// <summary>Lists once.</summary>
    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        if (index.IsDamaged)
        {
            Rebuild();
        }

        var known = _known ??= index.Versions();
        var (images, records) = await ListAsync(cancellationToken);
        var changed = new List<Func<Task<IndexedPicture?>>>();
        var fresh = new List<IndexedPicture>();
        foreach (var (name, image) in images)
        {
            var record = records.Remove(ImageNames.RecordFor(name), out var there) ? there : "";
            if (known.TryGetValue(name, out var before) && before == (image.ETag, record))
            {
                continue;
            }

            if (RecordError.OfName(name) is { } unusable)
            {
                fresh.Add(IndexedPicture.Broken(name, image.ETag, record, unusable, image.Uploaded));
            }
            else if (record.Length == 0)
            {
                fresh.Add(IndexedPicture.Waiting(name, image.ETag, image.Uploaded));
            }
            else
            {
                changed.Add(() => ReadAsync(name, ImageNames.RecordFor(name), record, image, cancellationToken));
            }
        }

        foreach (var (name, etag) in records.Where(r => ProductRecords.IsProductRecord(r.Key) && ImageNames.Problem(r.Key) is null))
        {
            images[name] = new("", null);
            if (!known.TryGetValue(name, out var before) || before != ("", etag))
            {
                changed.Add(() => ReadAsync(name, name, etag, new("", null), cancellationToken));
            }
        }

        foreach (var part in fresh.Chunk(Batch))
        {
            Write(part);
        }

        foreach (var part in changed.Chunk(Batch))
        {
            var read = new List<IndexedPicture>();
            await Parallel.ForEachAsync(part, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (next, _) =>
            {
                if (await next() is { } picture)
                {
                    lock (read)
                    {
                        read.Add(picture);
                    }
                }
            });
            Write(read);
        }

        Remove([.. known.Keys.Where(n => !images.ContainsKey(n))]);
        if (!IsComplete)
        {
            IsComplete = true;
            feed.Send("index", new { isComplete = true });
        }
    }

    private static string NameOf(CaptionRecord record) => record.Product?.ViewsHash is null ? record.Image.Name : CaptionStore.NameOf(record);

    private void Write(IReadOnlyCollection<IndexedPicture> pictures)
    {
        if (pictures.Count == 0)
        {
            return;
        }

        lock (_writing)
        {
            pictures = WriteOrBreak(pictures);
            foreach (var picture in pictures)
            {
                _known?[picture.Card.Name] = (picture.ETag, picture.RecordETag);
            }
        }

        foreach (var picture in pictures)
        {
            feed.Send(picture.Card);
        }
    }

    private void Rebuild()
    {
        lock (_writing)
        {
            index.Rebuild();
            _known = null;
        }
    }

    // A row that can't be written is shown as broken. The others go on.
    private IReadOnlyCollection<IndexedPicture> WriteOrBreak(IReadOnlyCollection<IndexedPicture> pictures)
    {
        try
        {
            index.Write(pictures);
            return pictures;
        }
        catch (Exception error) when (error is not SqliteException { SqliteErrorCode: not TooBig })
        {
            return pictures.Count > 1 ? [.. pictures.SelectMany(p => WriteOrBreak([p]))] : [.. pictures.Select(p => WriteBroken(p, error))];
        }
    }

    private IndexedPicture WriteBroken(IndexedPicture picture, Exception error)
    {
        var name = picture.Card.Name;
        RecordFailed(error, ImageNames.RecordFor(name));
        var why = new StoredRecord(Record: null, picture.RecordETag, HasReceipt: false) { Problem = error.Message.Split('\n')[0] }.BlockedError(ImageNames.RecordFor(name), name);
        var broken = IndexedPicture.Broken(name, picture.ETag, picture.RecordETag, why, picture.Card.Uploaded);
        index.Write([broken]);
        return broken;
    }

    private void Remove(List<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        lock (_writing)
        {
            index.Delete(names);
            foreach (var name in names)
            {
                _known?.Remove(name);
            }
        }

        foreach (var name in names)
        {
            feed.Send("gone", new { name });
        }
    }

    private async Task<(Dictionary<string, Image> Images, Dictionary<string, string> Records)> ListAsync(CancellationToken cancellationToken)
    {
        var images = new Dictionary<string, Image>(StringComparer.Ordinal);
        var records = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var blob in _pace.MeasureAsync(storage.Images.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, cancellationToken), cancellationToken))
        {
            var etag = blob.Properties.ETag?.Plain() ?? "";
            if (blob.Name.EndsWith(".json", StringComparison.Ordinal))
            {
                records[blob.Name] = etag;
            }
            else if (ImageNames.IsImage(blob.Name) && !ImageListing.IsFolder(blob.Metadata))
            {
                images[blob.Name] = new(etag, blob.Properties.LastModified);
            }
        }

        return (images, records);
    }

    // Null for a file whose name looks like a product record's but which is none.
    private async Task<IndexedPicture?> ReadAsync(string name, string recordName, string recordETag, Image image, CancellationToken cancellationToken)
    {
        var unread = new StoredRecord(Record: null, recordETag, HasReceipt: false);
        try
        {
            var (content, details, _) = await storage.Images.GetBlobClient(recordName).ReadUpToAsync(RecordFile.MaxBytes, cancellationToken);
            var file = content is null ? new(Record: null, Problem: null) : RecordListing.Parse(content, recordName);
            if (file.Record is { } record)
            {
                batch.Count(record);
                return IndexedPicture.Of(name, image.ETag, details.ETag.Plain(), record, image.Uploaded);
            }

            unread = unread with { Problem = file.Problem };
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return recordName == name ? null : IndexedPicture.Waiting(name, image.ETag, image.Uploaded) with { RecordETag = recordETag };
        }
        catch (Exception error) when (!StorageOutage.IsTransient(error, cancellationToken) && !cancellationToken.IsCancellationRequested)
        {
            RecordFailed(error, recordName);
            unread = unread with { Problem = error.Message.Split('\n')[0] };
        }

        return recordName == name && unread.Problem is null ? null : IndexedPicture.Broken(name, image.ETag, recordETag, unread.BlockedError(recordName, name), image.Uploaded);
    }

    [LoggerMessage(60, LogLevel.Warning, "The container could not be listed; the listing is retried")]
    private partial void ListingFailed(Exception error);

    [LoggerMessage(62, LogLevel.Warning, "The record {Name} could not be read; the gallery shows it as failed until it changes")]
    private partial void RecordFailed(Exception error, string name);

    private sealed record Image(string ETag, DateTimeOffset? Uploaded);
}
