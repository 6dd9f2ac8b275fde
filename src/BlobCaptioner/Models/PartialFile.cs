using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Models;

/// <summary>
/// A file that is being received. <c>.pull/NAME.part</c> holds its bytes from the first one on; its length says how many there are.
/// <c>.pull/NAME.json</c> holds a <see cref="PartialNote"/>, written before the first byte. A part without a valid note is discarded.
/// After a power cut the part may hold wrong bytes; the SHA-256 finds them.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string SubDirectory = ".pull";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly CatalogFile _file;
    private readonly string _notePath;
    private readonly FileStream _data;
    private PartialNote? _note;

    private PartialFile(string directory, CatalogFile file)
    {
        (var dataPath, _notePath) = PathsOf(directory, file);
        (_file, _note) = (file, ReadNote(_notePath, file));
        _data = new(dataPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        if (_note is null || _data.Length > file.Bytes)
        {
            Discard();
        }
    }

    /// <summary>Bytes that are here and hashed.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Counts what an earlier pull left, without a lock.</summary>
    public static long ReceivedBytesIn(string directory, CatalogFile file)
    {
        var (dataPath, notePath) = PathsOf(directory, file);
        return new FileInfo(dataPath) is { Exists: true, Length: var length } && length <= file.Bytes && ReadNote(notePath, file) is not null ? length : 0;
    }

    /// <summary>Path of the file's lock; its directory is created.</summary>
    public static string LockPath(string directory, CatalogFile file)
    {
        var sub = Directory.CreateDirectory(Path.Combine(directory, SubDirectory));
        return Path.Combine(sub.FullName, file.Name + ".lock");
    }

    /// <summary>Opens and hashes what an earlier pull left, or starts a new file. The caller holds the lock.</summary>
    public static async Task<PartialFile> OpenAsync(string directory, CatalogFile file, ProgressMeter meter, CancellationToken cancellationToken)
    {
        var partial = new PartialFile(directory, file);
        try
        {
            meter.Start(partial._data.Length);
            await meter.HashAsync(partial._data, partial._hash, cancellationToken);
            partial.ReceivedBytes = partial._data.Position;
            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>The validator that came with the received bytes; null if they came from another address or without one.</summary>
    public string? ValidatorFrom(Uri address) => _note?.Address == Plain(address) ? _note.Validator : null;

    /// <summary>Notes where the next bytes come from.</summary>
    /// <param name="address">Address of the file.</param>
    /// <param name="validator">ETag or date of the file's version; null without one.</param>
    public void SetOrigin(Uri address, string? validator)
    {
        var note = new PartialNote { Sha256 = _file.Sha256, Address = Plain(address), Validator = validator };
        if (note == _note)
        {
            return;
        }

        _note = note;
        try
        {
            File.WriteAllBytes(_notePath + ".new", JsonSerializer.SerializeToUtf8Bytes(note, ModelJson.Default.PartialNote));
            File.Move(_notePath + ".new", _notePath, overwrite: true);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            // The disk is full, or on Windows another process reads the note. At worst the next pull starts over.
        }
    }

    /// <summary>Appends received bytes.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writing = _data.WriteAsync(bytes, cancellationToken).AsTask();
        _hash.AppendData(bytes.Span);
        await writing;
        ReceivedBytes += bytes.Length;
    }

    /// <summary>Ends the hash of all received bytes; call it once all are here.</summary>
    public string TakeSha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <summary>Removes all received bytes.</summary>
    public void Discard()
    {
        File.Delete(_notePath);
        _note = null;
        _data.SetLength(0);
        _hash.GetHashAndReset();
        ReceivedBytes = 0;
    }

    /// <summary>Deletes the part and its note.</summary>
    public void Delete()
    {
        _data.Dispose();
        File.Delete(_notePath);
        File.Delete(_data.Name);
    }

    /// <summary>Flushes the bytes to the disk, then gives the file its final name in one step.</summary>
    public void Complete(string path)
    {
        _data.Flush(flushToDisk: true);
        _data.Dispose();
        File.Move(_data.Name, path, overwrite: true);
        File.Delete(_notePath);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _hash.Dispose();
    }

    private static (string Data, string Note) PathsOf(string directory, CatalogFile file)
    {
        var path = Path.Combine(directory, SubDirectory, file.Name);
        return (path + ".part", path + ".json");
    }

    // The query may hold a key.
    private static string Plain(Uri address) => address.GetLeftPart(UriPartial.Path);

    private static PartialNote? ReadNote(string path, CatalogFile file)
    {
        try
        {
            var note = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelJson.Default.PartialNote);
            return note?.Sha256 == file.Sha256 ? note : null;
        }
        catch (Exception ex) when (ex is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>
/// The content of <c>.pull/NAME.json</c>: facts about the part beside it. Unknown properties make it invalid: notes of the older format have <c>done</c>, and their
/// parts have gaps, so these start over.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PartialNote
{
    /// <summary>SHA-256 of the whole file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Source of the bytes: scheme, host and path.</summary>
    public required string Address { get; init; }

    /// <summary>ETag or date of the version that the bytes belong to; null if the server gave none.</summary>
    public string? Validator { get; init; }
}
