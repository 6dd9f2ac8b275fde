using BlobCaptioner.Pipeline;

namespace BlobCaptioner.Tests.Pipeline;

/// <summary>Keeps a pipeline's events, and lets tests wait for them instead of for time.</summary>
internal sealed class EventLog
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private readonly List<PipelineEvent> _events = [];
    private readonly List<(Func<PipelineEvent, bool> Match, int Count, TaskCompletionSource Seen)> _waiting = [];

    public IReadOnlyList<PipelineEvent> All
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public int Count(PipelineEventKind kind) => All.Count(e => e.Kind == kind);

    public void Add(PipelineEvent happened)
    {
        lock (_events)
        {
            _events.Add(happened);
            foreach (var (match, count, seen) in _waiting)
            {
                if (_events.Count(match) >= count)
                {
                    seen.TrySetResult();
                }
            }
        }
    }

    public Task WaitAsync(PipelineEventKind kind, int count = 1) => WaitAsync(e => e.Kind == kind, count, $"{count} x {kind}");

    public async Task WaitAsync(Func<PipelineEvent, bool> match, int count, string what)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_events)
        {
            if (_events.Count(match) >= count)
            {
                return;
            }

            _waiting.Add((match, count, seen));
        }

        try
        {
            await seen.Task.WaitAsync(Deadline);
        }
        catch (TimeoutException late)
        {
            var seenSoFar = string.Join('\n', All.TakeLast(30).Select(e => $"{e.Kind} {e.Name} {e.Error?.Code} {e.Error?.Message}"));
            throw new TimeoutException($"Not seen within {Deadline}: {what}. The last events:\n{seenSoFar}", late);
        }
    }
}
