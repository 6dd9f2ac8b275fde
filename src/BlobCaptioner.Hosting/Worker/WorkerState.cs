namespace BlobCaptioner.Hosting.Worker;

/// <summary>What a worker does now.</summary>
public enum WorkerPhase
{
    /// <summary>The model is being found, downloaded, loaded or warmed up.</summary>
    Starting,

    /// <summary>The model has described a picture, and jobs are taken from the queue.</summary>
    Ready,

    /// <summary>No more jobs are taken. Running jobs are finished, or handed back when the time is up.</summary>
    Draining,

    /// <summary>It can't work; the process ends with exit code 1.</summary>
    Failed,

    /// <summary>All its jobs are finished or handed back.</summary>
    Ended,
}

/// <summary>A worker's phase and failure, for health checks and the exit code. Thread-safe.</summary>
public sealed class WorkerState
{
    private readonly Lock _gate = new();
    private volatile string? _failure;
    private volatile WorkerPhase _phase;

    /// <summary>What the worker does now.</summary>
    public WorkerPhase Phase => _phase;

    /// <summary>Why it failed; null unless it did.</summary>
    public string? Failure => _failure;

    /// <summary>The process's exit code: 1 after a failure, so that the platform starts it again, else 0.</summary>
    public int ExitCode => Failure is null ? 0 : 1;

    // Phases only go forward. Failed and Ended are final.
    internal void Enter(WorkerPhase phase)
    {
        lock (_gate)
        {
            if (phase > _phase && _phase != WorkerPhase.Failed)
            {
                _phase = phase;
            }
        }
    }

    internal void Fail(string message)
    {
        lock (_gate)
        {
            if (_phase != WorkerPhase.Ended)
            {
                _failure ??= message;
                _phase = WorkerPhase.Failed;
            }
        }
    }
}
