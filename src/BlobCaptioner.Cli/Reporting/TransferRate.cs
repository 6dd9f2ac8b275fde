namespace BlobCaptioner.Cli.Reporting;

/// <summary>Bytes a second over the last ten seconds. What was there at the start does not count.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private readonly Queue<(long At, long Bytes)> _samples = new();

    /// <summary>Bytes a second; null in the first second, which says little.</summary>
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
        var elapsed = time.GetElapsedTime(at, now);
        BytesPerSecond = elapsed >= s_least ? Math.Max(0, bytes - first) / elapsed.TotalSeconds : null;
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
