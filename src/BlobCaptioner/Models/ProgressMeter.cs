using System.Security.Cryptography;

namespace BlobCaptioner.Models;

/// <summary>Counts the bytes of one file and reports them at most four times a second. Not thread-safe.</summary>
internal sealed class ProgressMeter(CatalogFile file, IProgress<ModelProgress>? progress, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private long _present;
    private long _checked;
    private long _reported = time.GetTimestamp();

    /// <summary>Starts with a number of bytes on the disk, none of them checked, and reports it.</summary>
    public void Start(long present)
    {
        (_present, _checked) = (present, 0);
        Report();
    }

    /// <summary>Adds bytes that were received, written and hashed.</summary>
    public void Add(long bytes) => Add(bytes, bytes);

    /// <summary>Hashes a stream from its position to its end, and reports while it does.</summary>
    public async Task HashAsync(Stream stream, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 20];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            Add(0, read);
        }

        Report();
    }

    /// <summary>Reports now.</summary>
    /// <param name="notice">See <see cref="ModelProgress.Notice"/>.</param>
    public void Report(string? notice = null)
    {
        _reported = time.GetTimestamp();
        progress?.Report(new(file.Name, file.Bytes, _present, _checked, notice));
    }

    private void Add(long present, long hashed)
    {
        (_present, _checked) = (_present + present, _checked + hashed);
        if (time.GetElapsedTime(_reported) >= s_interval)
        {
            Report();
        }
    }
}
