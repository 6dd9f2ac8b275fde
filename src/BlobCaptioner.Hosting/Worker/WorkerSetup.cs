using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>What a <see cref="CaptionWorker"/> was told.</summary>
public sealed record WorkerSetup
{
    /// <summary>How it ends.</summary>
    public required WorkerOptions Worker { get; init; }

    /// <summary>How it takes jobs.</summary>
    public required QueueLoopOptions Queue { get; init; }

    /// <summary>What the picture that warms the model up is described with: the profile in most use.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Told of every step; null for nobody.</summary>
    public Action<PipelineEvent>? OnEvent { get; init; }
}
