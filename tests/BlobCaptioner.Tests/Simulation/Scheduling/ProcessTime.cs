namespace BlobCaptioner.Tests.Simulation.Scheduling;

/// <summary>A process's clock: the loop's, with an offset. Its timers are events of the loop.</summary>
internal sealed class ProcessTime(SimulationLoop loop, SimulatedProcess process, TimeSpan skew) : TimeProvider
{
    public override long TimestampFrequency => loop.Clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => loop.Now + skew;

    public override long GetTimestamp() => loop.Clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(loop, process, callback, state);
        if (loop.IsHere($"a timer of {process.Name}"))
        {
            timer.Change(dueTime, period);
        }

        return timer;
    }

    private sealed class Timer(SimulationLoop loop, SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private Tick? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next = dueTime == Timeout.InfiniteTimeSpan ? null : new(this, period);
            if (_next is not null)
            {
                loop.At(loop.Now + dueTime, _next);
            }

            return true;
        }

        public void Dispose() => _next = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(Tick tick, TimeSpan period)
        {
            if (process.IsDead || !ReferenceEquals(tick, _next))
            {
                return;
            }

            Change(period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan, period);
            callback(state);
        }

        private sealed class Tick(Timer timer, TimeSpan period) : LoopEvent
        {
            public override void Happen() => timer.Fire(this, period);
        }
    }
}
