namespace BlobCaptioner.Tests.Chaos;

/// <summary>How large a run is and how much goes wrong in it.</summary>
internal sealed record ChaosOptions
{
    /// <summary>Pictures to describe.</summary>
    /// <value>1 to 100,000, default 300.</value>
    public int Pictures { get; init; } = 300;

    /// <summary>Processes of <c>captioner work</c>; one that ends is started again.</summary>
    /// <value>1 to 16, default 3.</value>
    public int Workers { get; init; } = 3;

    /// <summary>How often a worker is killed. Every third time, the sweep that is running is killed too.</summary>
    /// <value>0 to 10,000, default 12.</value>
    public int Kills { get; init; } = 12;

    /// <summary>How often Azurite is stopped and started on its data, spread over the kills.</summary>
    /// <value>0 to 1,000, default 2.</value>
    public int StorageRestarts { get; init; } = 2;

    /// <summary>Time between two kills.</summary>
    /// <value>Default 2 s.</value>
    public TimeSpan KillEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time between the end of a sweep and the start of the next.</summary>
    /// <value>Default 1 s.</value>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Share of the storage requests that are cut, refused or delayed.</summary>
    /// <value>0 to 1, default 0.08.</value>
    public double FaultShare { get; init; } = 0.08;

    /// <summary>Lease of a job.</summary>
    /// <value>Default 4 s, so that a killed worker's pictures come again during the run.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest time that a model call takes; each takes something between a tenth of it and this.</summary>
    /// <value>Default 0.8 s.</value>
    public TimeSpan ModelTime { get; init; } = TimeSpan.FromSeconds(0.8);

    /// <summary>Model calls at once of each worker.</summary>
    /// <value>1 to 64, default 4.</value>
    public int Concurrency { get; init; } = 4;

    /// <summary>Decides which requests are spoiled and which worker is killed. Processes and network keep a run from being the same twice.</summary>
    /// <value>Default 20260801.</value>
    public int Seed { get; init; } = 20260801;

    /// <summary>After this time the run hangs and ends with what is missing.</summary>
    /// <value>Default 10 min, far above what a busy machine needs.</value>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);
}
