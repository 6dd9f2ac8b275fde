using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace BlobCaptioner.Models;

/// <summary>
/// A file that is being received: <c>.pull/NAME.part</c>, with what is done of it in <c>.pull/NAME.json</c>. The bytes are written before they are
/// noted, so that a killed process leaves no wrong note; after a power cut the SHA-256 finds out.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string SubDirectory = ".pull";
    private static readonly TimeSpan s_saveEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly CatalogFile _file;
    private readonly TimeProvider _time;
    private readonly string _data;
    private readonly string _note;
    private readonly SafeFileHandle _handle;
    private readonly ByteRanges _done;
    private string? _address;
    private string? _validator;
    private long _saved;

    private PartialFile(string directory, CatalogFile file, TimeProvider time)
    {
        (_data, _note) = PathsOf(directory, file);
        (_file, _time) = (file, time);
        var state = File.Exists(_data) ? ReadState(_note, file) : null;
        _done = (state is null ? null : ByteRanges.FromPairs(state.Done, file.Bytes)) ?? new();
        _handle = File.OpenHandle(_data, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        if (RandomAccess.GetLength(_handle) != file.Bytes)
        {
            _done.Clear();
            RandomAccess.SetLength(_handle, 0);
            RandomAccess.SetLength(_handle, file.Bytes);
        }

        if (_done.Total > 0)
        {
            (_address, _validator) = (state!.Address, state.Validator);
        }

        _saved = time.GetTimestamp();
    }

    /// <summary>Bytes that are there.</summary>
    public long ReceivedBytes
    {
        get
        {
            lock (_lock)
            {
                return _done.Total;
            }
        }
    }

    /// <summary>Bytes that are there from the first one on without a gap.</summary>
    public long PrefixBytes
    {
        get
        {
            lock (_lock)
            {
                return _done.PrefixEnd;
            }
        }
    }

    /// <summary>What is left of an earlier pull, without a lock.</summary>
    public static long ReceivedBytesIn(string directory, CatalogFile file)
    {
        var (data, note) = PathsOf(directory, file);
        return File.Exists(data) && ReadState(note, file) is { } state ? ByteRanges.FromPairs(state.Done, file.Bytes)?.Total ?? 0 : 0;
    }

    /// <summary>Path of the file's lock; its directory is made.</summary>
    public static string LockPath(string directory, CatalogFile file)
    {
        var sub = Directory.CreateDirectory(Path.Combine(directory, SubDirectory));
        return Path.Combine(sub.FullName, file.Name + ".lock");
    }

    /// <summary>Opens what is there or starts anew. The caller holds the lock.</summary>
    public static PartialFile Open(string directory, CatalogFile file, TimeProvider time) => new(directory, file, time);

    /// <summary>What is missing, in order, in parts of at most so many bytes.</summary>
    public IReadOnlyList<(long From, long To)> Missing(long partBytes)
    {
        lock (_lock)
        {
            return _done.Missing(_file.Bytes, partBytes);
        }
    }

    /// <summary>Notes where bytes come from.</summary>
    /// <returns>False where bytes of another version from that address are there. Bytes from another address stay: the SHA-256 says whether they fit.</returns>
    public bool Accept(Uri address, string? validator)
    {
        var path = address.GetLeftPart(UriPartial.Path);
        lock (_lock)
        {
            if (_done.Total > 0 && path == _address && validator != _validator)
            {
                return false;
            }

            (_address, _validator) = (path, validator);
            return true;
        }
    }

    /// <summary>Writes received bytes and notes them.</summary>
    public async ValueTask WriteAsync(long at, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(_handle, bytes, at, cancellationToken);
        lock (_lock)
        {
            _done.Add(at, at + bytes.Length);
            if (_time.GetElapsedTime(_saved) >= s_saveEvery)
            {
                SaveNote();
            }
        }
    }

    /// <summary>Reads bytes that are there.</summary>
    public ValueTask<int> ReadAsync(long at, Memory<byte> buffer, CancellationToken cancellationToken) =>
        RandomAccess.ReadAsync(_handle, buffer, at, cancellationToken);

    /// <summary>Forgets all bytes.</summary>
    public void Discard()
    {
        lock (_lock)
        {
            _done.Clear();
            (_address, _validator) = (null, null);
            File.Delete(_note);
            RandomAccess.SetLength(_handle, 0);
            RandomAccess.SetLength(_handle, _file.Bytes);
        }
    }

    /// <summary>Removes it.</summary>
    public void Delete()
    {
        _handle.Dispose();
        File.Delete(_note);
        File.Delete(_data);
    }

    /// <summary>Gives it its final name, in one step and with its bytes on the disk.</summary>
    public void Complete(string path)
    {
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        File.Move(_data, path, overwrite: true);
        File.Delete(_note);
    }

    /// <summary>Notes what is there for the next time, and closes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_handle.IsClosed)
            {
                if (_done.Total > 0)
                {
                    SaveNote();
                }

                _handle.Dispose();
            }
        }
    }

    private static (string Data, string Note) PathsOf(string directory, CatalogFile file)
    {
        var path = Path.Combine(directory, SubDirectory, file.Name);
        return (path + ".part", path + ".json");
    }

    private static PartialFileState? ReadState(string path, CatalogFile file)
    {
        try
        {
            var state = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelJson.Default.PartialFileState);
            return state?.Bytes == file.Bytes && state.Sha256 == file.Sha256 ? state : null;
        }
        catch (Exception ex) when (ex is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void SaveNote()
    {
        var state = new PartialFileState { Bytes = _file.Bytes, Sha256 = _file.Sha256, Address = _address, Validator = _validator, Done = _done.ToPairs() };
        try
        {
            File.WriteAllBytes(_note + ".new", JsonSerializer.SerializeToUtf8Bytes(state, ModelJson.Default.PartialFileState));
            File.Move(_note + ".new", _note, overwrite: true);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            // a full disk, or on Windows one who reads the note; the last one that could be written is still true
        }

        _saved = _time.GetTimestamp();
    }
}
