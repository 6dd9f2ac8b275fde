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
    public void AddReceived(long bytes)
    {
        _present += bytes;
        AddChecked(bytes);
    }

    /// <summary>Adds bytes of the disk that were hashed.</summary>
    public void AddChecked(long bytes)
    {
        _checked += bytes;
        if (time.GetElapsedTime(_reported) >= s_interval)
        {
            Report();
        }
    }

    /// <summary>Reports now.</summary>
    /// <param name="notice">See <see cref="ModelProgress.Notice"/>.</param>
    public void Report(string? notice = null)
    {
        _reported = time.GetTimestamp();
        progress?.Report(new() { File = file.Name, TotalBytes = file.Bytes, PresentBytes = _present, CheckedBytes = _checked, Notice = notice });
    }
}
