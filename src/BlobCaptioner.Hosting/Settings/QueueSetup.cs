using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>What worker and function <c>Describe</c> both work with.</summary>
public sealed record QueueSetup
{
    /// <summary>Slots and tries.</summary>
    public required QueueLoopOptions Queue { get; init; }

    /// <summary>The profile that the warm-up uses: the one in most use.</summary>
    public required Profile Profile { get; init; }

    /// <summary>The day's budget; null for none.</summary>
    public SpendCap? Cap { get; init; }

    /// <summary>Called for each event; must be thread-safe. Null for no listener.</summary>
    public Action<PipelineEvent>? OnEvent { get; init; }
}
