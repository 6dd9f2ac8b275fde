using System.Collections.Concurrent;
using System.Threading.Channels;

namespace BlobCaptioner.Pipeline;

/// <summary>A number of places that callers wait for. Its continuations run where the caller's code runs, which a simulation needs and SemaphoreSlim does not promise.</summary>
internal sealed class Places
{
    private readonly Channel<byte> _free = Channel.CreateUnbounded<byte>();

    /// <summary>Creates free places.</summary>
    public Places(int count) => Release(count);

    /// <summary>Places that nobody has.</summary>
    public int Free => _free.Reader.Count;

    public async ValueTask TakeAsync(CancellationToken cancellationToken) => await _free.Reader.ReadAsync(cancellationToken);

    public bool TryTake() => _free.Reader.TryRead(out _);

    public void Release(int count = 1)
    {
        for (; count > 0; count--)
        {
            _free.Writer.TryWrite(0);
        }
    }
}

/// <summary>Lets calls with the same name run one after another, in this process.</summary>
internal sealed class Turns
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _taken = new(StringComparer.Ordinal);

    /// <summary>Waits for the turn. Dispose the result to end it.</summary>
    public async Task<IDisposable> TakeAsync(string name, CancellationToken cancellationToken)
    {
        var mine = new Turn(this, name);
        while (!_taken.TryAdd(name, mine.Ended))
        {
            if (_taken.TryGetValue(name, out var other))
            {
                await other.Task.WaitAsync(cancellationToken);
            }
        }

        return mine;
    }

    private sealed class Turn(Turns turns, string name) : IDisposable
    {
        public TaskCompletionSource Ended { get; } = new();

        public void Dispose()
        {
            if (turns._taken.TryRemove(new(name, Ended)))
            {
                Ended.SetResult();
            }
        }
    }
}
