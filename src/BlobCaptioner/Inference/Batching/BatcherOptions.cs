using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Inference.Batching;

/// <summary>How <see cref="ContinuousBatcher"/> shares one context among pictures.</summary>
public sealed record BatcherOptions
{
    /// <summary>Pictures that are decoded at once. The decoder needs <see cref="Sequences"/> sequences.</summary>
    /// <value>1 to 64, default 8.</value>
    [Range(1, 64)]
    public int Slots { get; init; } = 8;

    /// <summary>Prompt prefixes (one for each profile in use) that stay decoded. The least recently used one is dropped first.</summary>
    /// <value>1 to 16, default 2.</value>
    [Range(1, 16)]
    public int Prefixes { get; init; } = 2;

    /// <summary>Most image tokens decoded between two steps of the text. Fewer keep running answers fluent, more use the hardware better.</summary>
    /// <value>Tokens, 1 to 65,536, default 512; never more than the decoder's batch.</value>
    [Range(1, 65_536)]
    public int PrefillSliceTokens { get; init; } = 512;

    /// <summary>Pictures encoded ahead of the slots. Each holds its embeddings (19 MB for 576 tokens of Qwen3-VL-2B).</summary>
    /// <value>0 to 64, default 2.</value>
    [Range(0, 64)]
    public int EncodeAhead { get; init; } = 2;

    /// <summary>Pictures whose embeddings are kept for another question about them, or for the same pixels once more.</summary>
    /// <value>0 to 64, default 4.</value>
    [Range(0, 64)]
    public int KeptEncodings { get; init; } = 4;

    /// <summary>Pictures that may wait for the vision tower; further callers wait in turn.</summary>
    /// <value>1 to 4,096, default 16.</value>
    [Range(1, 4_096)]
    public int QueueCapacity { get; init; } = 16;

    /// <summary>Sequences that the decoder must hold: one for each slot and prefix.</summary>
    public int Sequences => Slots + Prefixes;
}

/// <summary>Checks <see cref="BatcherOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class BatcherOptionsValidator : IValidateOptions<BatcherOptions>;
