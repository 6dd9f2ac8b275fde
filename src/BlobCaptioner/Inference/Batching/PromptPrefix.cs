using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Batching;

/// <summary>A decoded prompt prefix in its own sequence, forked into the slots of its profile's pictures.</summary>
internal sealed class PromptPrefix(DecodingPlan plan, int sequence)
{
    public DecodingPlan Plan => plan;

    public int Sequence => sequence;

    public int Cells => plan.PrefixTokens.Count;

    /// <summary>Slots that share its cells; it can't go before they do.</summary>
    public int Users { get; set; }

    /// <summary>Rises with each use.</summary>
    public long LastUse { get; set; }
}
