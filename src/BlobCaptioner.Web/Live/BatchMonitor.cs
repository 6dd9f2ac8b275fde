using Azure;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Live;

/// <summary>Measures the batch: pictures described by any worker in the last minute, and the length of the queue.</summary>
internal sealed class BatchMonitor(CaptionStorage storage, LiveFeed feed, TimeProvider time, SpendCap? cap = null)
{
    private const int MaxPoints = 120;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, int Tokens, string Key)> _recent = new();
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Queue<BatchPoint> _points = new();
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private int _queue;
    private int _poison;
    private string? _paused;

    /// <summary>Counts a record if it was described in the last minute. A record that is seen again counts once.</summary>
    public void Count(CaptionRecord record)
    {
        var generation = record.Generation;
        var now = time.GetUtcNow();

        // A record may say any time. Workers' clocks differ a little.
        if (record.Status == RecordStatus.Described && generation.At > now - s_window && generation.At < now + s_window)
        {
            lock (_lock)
            {
                var key = $"{CaptionStore.NameOf(record)}|{generation.At.UtcTicks}";
                if (_keys.Add(key))
                {
                    _recent.Enqueue((generation.At, generation.OutputTokens, key));
                }
            }
        }
    }

    /// <summary>The current figures.</summary>
    public BatchStatus Read()
    {
        lock (_lock)
        {
            var (rate, tokens) = Rates();
            return new(_queue, _poison, rate, tokens, [.. _points], _queue > 0 && rate > 0 ? Math.Round(_queue / rate * 60) : null, _paused);
        }
    }

    /// <summary>Measures every five seconds, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _queue = (await storage.Captions.GetPropertiesAsync(stop)).Value.ApproximateMessagesCount;
                _poison = (await storage.Poison.GetPropertiesAsync(stop)).Value.ApproximateMessagesCount;
                _paused = cap is { IsSet: true } ? (await BudgetStatus.ReadAsync(storage, time, stop))?.Paused : null;
            }
            catch (Exception error) when (error is RequestFailedException or AggregateException or OperationCanceledException)
            {
                // IndexSync logs storage failures.
            }

            lock (_lock)
            {
                var (rate, tokens) = Rates();
                _points.Enqueue(new(time.GetUtcNow(), rate, tokens, _queue));
                if (_points.Count > MaxPoints)
                {
                    _points.Dequeue();
                }
            }

            feed.Send("batch", Read());
            await Task.Delay(s_interval, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (double Pictures, double Tokens) Rates()
    {
        var now = time.GetUtcNow();
        while (_recent.TryPeek(out var oldest) && oldest.At < now - s_window)
        {
            _keys.Remove(_recent.Dequeue().Key);
        }

        // In the first minute the window is shorter.
        var seconds = Math.Clamp((now - _began).TotalSeconds, 1, s_window.TotalSeconds);
        return (Math.Round(_recent.Count * 60 / seconds, 1), Math.Round(_recent.Sum(r => (double)r.Tokens) / seconds, 1));
    }
}
