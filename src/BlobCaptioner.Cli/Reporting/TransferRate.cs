namespace BlobCaptioner.Cli.Reporting;

/// <summary>Bytes a second over the last ten seconds. What was there at the start does not count.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    private readonly Queue<(long At, long Bytes)> _samples = new();

    /// <summary>Bytes a second; null before there are two samples.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <summary>Adds how many bytes there are now.</summary>
    public void Add(long bytes)
    {
        var now = time.GetTimestamp();
        _samples.Enqueue((now, bytes));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > s_window)
        {
            _samples.Dequeue();
        }

        var (at, first) = _samples.Peek();
        var seconds = time.GetElapsedTime(at, now).TotalSeconds;
        BytesPerSecond = seconds > 0 ? Math.Max(0, bytes - first) / seconds : null;
    }

    /// <summary>Forgets what was: it starts over.</summary>
    public void Reset()
    {
        _samples.Clear();
        BytesPerSecond = null;
    }

    /// <summary>Time for so many bytes; null where nothing comes.</summary>
    public TimeSpan? TimeFor(long bytes) => BytesPerSecond is > 0 and var rate ? TimeSpan.FromSeconds(bytes / rate) : null;
}
