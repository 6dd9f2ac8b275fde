using System.Collections.Concurrent;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A settings blob as it was read: its content, or its problems.</summary>
/// <param name="Value">The content; null where it is broken.</param>
/// <param name="Problems">The problems; empty where it is sound.</param>
/// <param name="Hash">SHA-256 of its bytes, hex; of its ETag where it is too long to be read.</param>
internal sealed record SettingsBlob<T>(T? Value, IReadOnlyList<string> Problems, string Hash)
    where T : class;

/// <summary>
/// A cache of settings blobs of one kind, parsed. Each is requested at most once per age, on condition of its ETag where that is known; that a blob is missing is cached too.
/// Callers of the same blob share one request. Thread-safe.
/// </summary>
internal sealed class SettingsBlobs<T>(
    BlobContainerClient container, long longest, Func<ReadOnlyMemory<byte>, string, T> parse, TimeSpan maxAge, TimeProvider time)
    where T : class
{
    private const int MostEntries = 20_000;
    private const long MostBytes = 128L << 20;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _evicting = new();
    private long _bytes;

    /// <summary>Gets a blob; null where there is none.</summary>
    /// <exception cref="RequestFailedException">Storage refused; the next call asks again.</exception>
    public ValueTask<SettingsBlob<T>?> GetAsync(string name, CancellationToken cancellationToken)
    {
        var entry = _entries.GetOrAdd(name, static _ => new());
        Task<SettingsBlob<T>?> loading;
        lock (entry)
        {
            entry.LastUsed = time.GetTimestamp();
            if (entry.CheckedAt is { } at && time.GetElapsedTime(at) < maxAge)
            {
                return new(entry.Blob);
            }

            // Not the caller's token: other callers wait for the same request.
            loading = entry.Loading ??= Task.Run(() => LoadAsync(entry, name), CancellationToken.None);
        }

        return new(loading.WaitAsync(cancellationToken));
    }

    private async Task<SettingsBlob<T>?> LoadAsync(Entry entry, string name)
    {
        try
        {
            var asked = time.GetTimestamp();
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
            var answer = await container.GetBlobClient(name).DownloadStreamingAsync(options, CancellationToken.None);
            if (answer.GetRawResponse().Status == 304)
            {
                return (false, null, null, 0);
            }

            using var download = answer.Value;
            var (length, tag) = (download.Details.ContentLength, download.Details.ETag);
            if (length > longest)
            {
                var problem = $"{name}: has {length:N0} bytes; the most is {longest:N0}. Split it over folders, or remove what is not needed.";
                return (true, new(null, [problem], TextHash.Of(tag.ToString())), tag, 0);
            }

            var content = new byte[length];
            await download.Content.ReadExactlyAsync(content, CancellationToken.None);
            return (true, Parse(content, name), tag, length);
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

    private SettingsBlob<T> Parse(byte[] content, string name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        try
        {
            return new(parse(content, name), [], hash);
        }
        catch (ProfileException error)
        {
            return new(null, error.Problems, hash);
        }
        catch (Exception error)
        {
            // Nobody thought of such a file. It must not stop the pictures of other folders, and those of this one get records that say so.
            return new(null, [$"{name}: can't be read: {error.GetType().Name}: {error.Message}"], hash);
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
