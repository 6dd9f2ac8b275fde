namespace BlobCaptioner.Hosting.Worker;

/// <summary>What a worker is at.</summary>
public enum WorkerPhase
{
    /// <summary>The model is being found, downloaded, loaded or warmed up.</summary>
    Starting,

    /// <summary>The model has described a picture, and jobs are taken from the queue.</summary>
    Ready,

    /// <summary>No more jobs are taken; those that run are finished, or handed back when the time is up.</summary>
    Draining,

    /// <summary>It can't work; the process ends with exit code 1.</summary>
    Failed,

    /// <summary>All that it had is finished or handed back.</summary>
    Ended,
}
