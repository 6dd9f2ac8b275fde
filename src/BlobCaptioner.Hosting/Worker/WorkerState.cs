namespace BlobCaptioner.Hosting.Worker;

/// <summary>How a worker is, for health checks and the exit code. Any thread.</summary>
public sealed class WorkerState
{
    private readonly Lock _gate = new();
    private string? _failure;
    private WorkerPhase _phase;

    /// <summary>What it is at.</summary>
    public WorkerPhase Phase
    {
        get
        {
            lock (_gate)
            {
                return _phase;
            }
        }
    }

    /// <summary>Why it failed; null unless it did.</summary>
    public string? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>The process's exit code: 1 after a failure, so that the platform starts it again, else 0.</summary>
    public int ExitCode => Failure is null ? 0 : 1;

    // Phases go forward only; a failure stays, and so does an end: what comes after it changes nothing.
    internal void Enter(WorkerPhase phase)
    {
        lock (_gate)
        {
            if (phase > _phase && (_phase != WorkerPhase.Failed))
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
