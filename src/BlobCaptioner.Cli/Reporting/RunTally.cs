using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Counts the events of a run. Thread-safe.</summary>
public sealed class RunTally
{
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Queue<long> _recent = new();
    private long _waiting;
    private readonly HashSet<string> _inWork = new(StringComparer.Ordinal);
    private long _described;
    private long _products;
    private long _rejected;
    private long _failed;
    private long _tokens;
    private long _firstStart;
    private long _lastEnd;

    /// <summary>Starts the run's clock.</summary>
    public RunTally(TimeProvider time)
    {
        _time = time;
        _began = time.GetTimestamp();
    }

    /// <summary>Counts an event.</summary>
    public void Add(PipelineEvent step)
    {
        lock (_lock)
        {
            switch (step.Kind)
            {
                case PipelineEventKind.Enqueued:
                    _waiting++;
                    break;
                case PipelineEventKind.Started:
                    _firstStart = _firstStart == 0 ? _time.GetTimestamp() : _firstStart;
                    LeaveQueue();
                    _inWork.Add(step.Name);
                    break;
                case PipelineEventKind.Described:
                    _ = step.IsProduct ? _products++ : _described++;
                    _tokens += step.Usage?.OutputTokens ?? 0;
                    _lastEnd = _time.GetTimestamp();
                    if (!step.IsProduct)
                    {
                        _recent.Enqueue(_lastEnd);
                    }

                    EndWork(step.Name);
                    break;
                case PipelineEventKind.Failed:
                    _failed++;
                    EndWork(step.Name);
                    break;
                case PipelineEventKind.Rejected:
                    _rejected++;
                    break;
                case PipelineEventKind.Retried or PipelineEventKind.HandedBack:
                    EndWork(step.Name);
                    _waiting++;
                    break;
                case PipelineEventKind.Dropped:
                    EndWork(step.Name);
                    break;
            }
        }
    }

    /// <summary>Corrects the count of waiting pictures, which other processes change too.</summary>
    public void Add(SweepSummary sweep)
    {
        lock (_lock)
        {
            var inFlight = sweep.InFlight + sweep.ProductsInFlight;
            var outstanding = inFlight + sweep.Enqueued + sweep.Products;
            _waiting = outstanding == 0 ? 0 : Math.Max(_waiting, inFlight - _inWork.Count);
        }
    }

    /// <summary>The current counts.</summary>
    public TallySnapshot Read()
    {
        lock (_lock)
        {
            while (_recent.TryPeek(out var oldest) && _time.GetElapsedTime(oldest) > Recent)
            {
                _recent.Dequeue();
            }

            var working = _described + _products == 0 || _firstStart == 0 ? 0 : _time.GetElapsedTime(_firstStart, _lastEnd).TotalSeconds;
            var window = Math.Min(Recent.TotalSeconds, _firstStart == 0 ? 0 : _time.GetElapsedTime(_firstStart).TotalSeconds);
            var done = _described + _products + _rejected + _failed;
            var known = done + _waiting + _inWork.Count;
            return new(
                Waiting: _waiting,
                InWork: _inWork.Count,
                Described: _described,
                Products: _products,
                Rejected: _rejected,
                Failed: _failed,
                PicturesPerMinute: working > 0 ? _described * 60 / working : 0,
                TokensPerSecond: working > 0 ? _tokens / working : 0,
                RecentPerMinute: window > 0 ? _recent.Count * 60 / window : 0,
                Elapsed: _time.GetElapsedTime(_began),
                Progress: known == 0 ? 1 : (double)done / known);
        }
    }

    private void EndWork(string name)
    {
        if (!_inWork.Remove(name))
        {
            // it never reached the model: it was dropped, handed back or failed before
            LeaveQueue();
        }
    }

    // other processes enqueue too, so this count may be too low
    private void LeaveQueue() => _waiting = Math.Max(0, _waiting - 1);
}

/// <summary>Counts and rates of a run.</summary>
/// <param name="Waiting">Pictures in the queue, as far as this process knows.</param>
/// <param name="InWork">Pictures in work in this process.</param>
/// <param name="Described">Pictures described by this process.</param>
/// <param name="Products">Products described by this process.</param>
/// <param name="Rejected">Pictures rejected by this process.</param>
/// <param name="Failed">Pictures that failed in this process.</param>
/// <param name="PicturesPerMinute">Described pictures a minute over the whole run.</param>
/// <param name="TokensPerSecond">Answer tokens a second over the whole run.</param>
/// <param name="RecentPerMinute">Described pictures a minute over the last half minute.</param>
/// <param name="Elapsed">Time since the start of the run.</param>
/// <param name="Progress">Share of the known pictures that is done, 0 to 1.</param>
public sealed record TallySnapshot(
    long Waiting, long InWork, long Described, long Products, long Rejected, long Failed, double PicturesPerMinute, double TokensPerSecond,
    double RecentPerMinute, TimeSpan Elapsed, double Progress);

/// <summary>The result of a run, and the state of the store after it.</summary>
/// <param name="Described">Pictures described by this process.</param>
/// <param name="Products">Products described by this process.</param>
/// <param name="Rejected">Pictures rejected by this process.</param>
/// <param name="Failed">Pictures that failed in this process.</param>
/// <param name="PicturesPerMinute">Described pictures a minute, from the start of the first picture to the end of the last; 0 if none was described.</param>
/// <param name="TokensPerSecond">Output tokens a second, over the same time.</param>
/// <param name="Seconds">Duration of the run in seconds, with set-up.</param>
/// <param name="Store">State of the store; null if it was not read.</param>
public sealed record RunSummary(
    long Described, long Products, long Rejected, long Failed, double PicturesPerMinute, double TokensPerSecond, double Seconds, StoreStatus? Store)
{
    /// <summary>The result from the final counts.</summary>
    public static RunSummary Of(TallySnapshot end, StoreStatus? store) => new(
        end.Described, end.Products, end.Rejected, end.Failed,
        Math.Round(end.PicturesPerMinute, 1), Math.Round(end.TokensPerSecond, 1), Math.Round(end.Elapsed.TotalSeconds, 1), store);
}
