namespace BlobCaptioner.Inference.Answers;

/// <summary>A place in the answer where logits decide.</summary>
internal abstract class PlanAsk
{
    /// <summary>True once nothing more is to be decided here.</summary>
    public bool IsDone { get; protected set; }

    /// <summary>Decides one token, or that the end is reached. Does nothing else where <see cref="IsDone"/>.</summary>
    /// <param name="logits">Logits after the last token of the tape.</param>
    public abstract void Feed(ReadOnlySpan<float> logits);
}
