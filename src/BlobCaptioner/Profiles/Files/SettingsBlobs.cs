using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// Settings blobs of one kind, parsed and kept: each is asked for at most once per age, by its ETag where it is known; that one is missing is kept too. Callers of
/// the same blob share one request. Any number of callers at once.
/// </summary>
internal sealed class SettingsBlobs<T>
    where T : class
{
    private const int MostEntries = 20_000;
    private const long MostBytes = 128L << 20;

    private readonly BlobContainerClient _container;
    private readonly long _longest;
    private readonly Func<ReadOnlyMemory<byte>, string, T> _parse;
    private readonly TimeSpan _maxAge;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _evicting = new();
    private long _bytes;

    public SettingsBlobs(BlobContainerClient container, long longest, Func<ReadOnlyMemory<byte>, string, T> parse, TimeSpan maxAge, TimeProvider time) =>
        (_container, _longest, _parse, _maxAge, _time) = (container, longest, parse, maxAge, time);

    /// <summary>The blob; null where there is none.</summary>
    /// <exception cref="RequestFailedException">Storage refused; the next call asks again.</exception>
    public ValueTask<SettingsBlob<T>?> GetAsync(string name, CancellationToken cancellationToken)
    {
        var entry = _entries.GetOrAdd(name, static _ => new());
        Task<SettingsBlob<T>?> loading;
        lock (entry)
        {
            entry.LastUsed = _time.GetTimestamp();
            if (entry.CheckedAt is { } at && _time.GetElapsedTime(at) < _maxAge)
            {
                return new(entry.Blob);
            }

            // not the caller's token: who gives up does not give up for the others
            loading = entry.Loading ??= Task.Run(() => LoadAsync(entry, name), CancellationToken.None);
        }

        return new(loading.WaitAsync(cancellationToken));
    }

    private async Task<SettingsBlob<T>?> LoadAsync(Entry entry, string name)
    {
        try
        {
            var asked = _time.GetTimestamp();
            var (isNew, blob, etag, bytes) = await DownloadAsync(name, entry.ETag);
            lock (entry)
            {
                if (isNew)
                {
                    Interlocked.Add(ref _bytes, bytes - entry.Bytes);
                    (entry.Blob, entry.ETag, entry.Bytes) = (blob, etag, bytes);
                }

                entry.CheckedAt = asked;
            }

            Evict(entry);
            return entry.Blob;
        }
        finally
        {
            lock (entry)
            {
                entry.Loading = null;
            }
        }
    }

    private async Task<(bool IsNew, SettingsBlob<T>? Blob, ETag? ETag, long Bytes)> DownloadAsync(string name, ETag? known)
    {
        try
        {
            var options = new BlobDownloadOptions { Conditions = known is { } etag ? new() { IfNoneMatch = etag } : null };
            var answer = await _container.GetBlobClient(name).DownloadStreamingAsync(options, CancellationToken.None);
            if (answer.GetRawResponse().Status == 304)
            {
                return (false, null, null, 0);
            }

            using var download = answer.Value;
            var (length, tag) = (download.Details.ContentLength, download.Details.ETag);
            if (length > _longest)
            {
                return (true, SettingsBlob<T>.TooLong(name, length, _longest, tag.ToString()), tag, 0);
            }

            var content = new byte[length];
            await download.Content.ReadExactlyAsync(content, CancellationToken.None);
            return (true, SettingsBlob<T>.Read(content, name, _parse), tag, length);
        }
        catch (RequestFailedException error) when (error.Status == 304)
        {
            return (false, null, null, 0);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return (true, null, null, 0);
        }
    }

    private void Evict(Entry newest)
    {
        if (_entries.Count <= MostEntries && Interlocked.Read(ref _bytes) <= MostBytes)
        {
            return;
        }

        lock (_evicting)
        {
            foreach (var (name, entry) in _entries.OrderBy(e => e.Value.LastUsed).ToList())
            {
                if (_entries.Count <= MostEntries * 3 / 4 && Interlocked.Read(ref _bytes) <= MostBytes * 3 / 4)
                {
                    return;
                }

                if (!ReferenceEquals(entry, newest) && entry.Loading is null && _entries.TryRemove(new(name, entry)))
                {
                    Interlocked.Add(ref _bytes, -entry.Bytes);
                }
            }
        }
    }

    private sealed class Entry
    {
        public SettingsBlob<T>? Blob { get; set; }

        public ETag? ETag { get; set; }

        public long Bytes { get; set; }

        public long? CheckedAt { get; set; }

        public long LastUsed { get; set; }

        public Task<SettingsBlob<T>?>? Loading { get; set; }
    }
}
