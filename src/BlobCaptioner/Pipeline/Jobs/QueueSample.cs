namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>One look at the queues.</summary>
public sealed record QueueSample
{
    /// <summary>Messages in the queue of jobs, those that workers hold included; approximate, as storage counts them.</summary>
    public required int Length { get; init; }

    /// <summary>How long the oldest of the messages that are free to be taken has been in the queue; zero where there is none.</summary>
    public required TimeSpan OldestAge { get; init; }

    /// <summary>Messages in the poison queue; approximate.</summary>
    public required int Poison { get; init; }
}
