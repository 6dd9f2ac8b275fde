using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace BlobCaptioner.Tests.Remote;

/// <summary>A clock that stands still, and tells which waits were begun, so that a test moves it when there is something to wake.</summary>
internal sealed class TimerWatch : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _begun = Channel.CreateBounded<TimeSpan>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _begun.Writer.TryWrite(dueTime);
        }

        return new Watched(timer, this);
    }

    /// <summary>The next wait that was begun and satisfies a condition.</summary>
    public async Task<TimeSpan> WaitAsync(Func<TimeSpan, bool> wanted, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        await foreach (var due in _begun.Reader.ReadAllAsync(patience.Token))
        {
            if (wanted(due))
            {
                return due;
            }
        }

        throw new InvalidOperationException("the channel never ends");
    }

    // Polly takes timers from a pool and sets them later
    private sealed class Watched(ITimer timer, TimerWatch owner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = timer.Change(dueTime, period);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                owner._begun.Writer.TryWrite(dueTime);
            }

            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
