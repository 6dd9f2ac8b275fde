using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Counts a run's events. Safe from any thread.</summary>
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

    /// <summary>Corrects the count of what waits, which other processes work on too.</summary>
    public void Add(SweepSummary sweep)
    {
        lock (_lock)
        {
            var inFlight = sweep.InFlight + sweep.ProductsInFlight;
            var outstanding = inFlight + sweep.Enqueued + sweep.Products;
            _waiting = outstanding == 0 ? 0 : Math.Max(_waiting, inFlight - _inWork.Count);
        }
    }

    /// <summary>Where the run stands.</summary>
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
            return new()
            {
                Waiting = _waiting,
                InWork = _inWork.Count,
                Described = _described,
                Products = _products,
                Rejected = _rejected,
                Failed = _failed,
                PicturesPerMinute = working > 0 ? _described * 60 / working : 0,
                TokensPerSecond = working > 0 ? _tokens / working : 0,
                RecentPerMinute = window > 0 ? _recent.Count * 60 / window : 0,
                Elapsed = _time.GetElapsedTime(_began),
                Progress = known == 0 ? 1 : (double)done / known,
            };
        }
    }

    private void EndWork(string name)
    {
        if (!_inWork.Remove(name))
        {
            // it never reached the model: dropped, handed back or given up on the way
            LeaveQueue();
        }
    }

    // other processes enqueue and work too, so this process's count may be short
    private void LeaveQueue() => _waiting = Math.Max(0, _waiting - 1);
}
