namespace BlobCaptioner.Models;

/// <summary>Counts the bytes of one file and tells of them four times a second.</summary>
internal sealed class ProgressMeter(CatalogFile file, IProgress<ModelProgress>? progress, TimeProvider time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private long _present;
    private long _checked;
    private long _told = time.GetTimestamp();

    /// <summary>Starts at a count, with nothing checked.</summary>
    public void Start(long present)
    {
        lock (_lock)
        {
            (_present, _checked) = (present, 0);
            Tell(notice: null);
        }
    }

    /// <summary>Adds bytes that now lie on the disk.</summary>
    public void Received(long bytes) => Add(bytes, 0);

    /// <summary>Adds bytes that went into the hash.</summary>
    public void Checked(long bytes) => Add(0, bytes);

    /// <summary>Tells now.</summary>
    /// <param name="notice">What else a person should know.</param>
    public void Report(string? notice = null)
    {
        lock (_lock)
        {
            Tell(notice);
        }
    }

    private void Add(long present, long hashed)
    {
        lock (_lock)
        {
            _present += present;
            _checked += hashed;
            if (time.GetElapsedTime(_told) >= s_every)
            {
                Tell(notice: null);
            }
        }
    }

    private void Tell(string? notice)
    {
        _told = time.GetTimestamp();
        progress?.Report(new() { File = file.Name, TotalBytes = file.Bytes, PresentBytes = _present, CheckedBytes = _checked, Notice = notice });
    }
}
