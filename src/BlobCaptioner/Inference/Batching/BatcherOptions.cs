using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Inference.Batching;

/// <summary>How <see cref="ContinuousBatcher"/> shares one context among pictures.</summary>
public sealed record BatcherOptions
{
    /// <summary>Pictures that are decoded at once. Range 1 to 64, default 8. The decoder needs <see cref="Sequences"/> sequences.</summary>
    [Range(1, 64)]
    public int Slots { get; init; } = 8;

    /// <summary>
    /// Prompt prefixes (one for each profile in use) that stay decoded. Range 1 to 16, default 2; the one unused for longest makes way.
    /// </summary>
    [Range(1, 16)]
    public int Prefixes { get; init; } = 2;

    /// <summary>
    /// Most image tokens decoded between two steps of the text. Range 1 to 65,536, default 512, never more than the decoder's batch.
    /// Smaller keeps running answers fluent, larger uses the hardware better.
    /// </summary>
    [Range(1, 65_536)]
    public int PrefillSliceTokens { get; init; } = 512;

    /// <summary>Pictures encoded ahead of the slots; each holds its embeddings (19 MB for 576 tokens of Qwen3-VL-2B). Range 0 to 64, default 2.</summary>
    [Range(0, 64)]
    public int EncodeAhead { get; init; } = 2;

    /// <summary>Pictures whose embeddings are kept for another question about them, or the same pixels once more. Range 0 to 64, default 4.</summary>
    [Range(0, 64)]
    public int KeptEncodings { get; init; } = 4;

    /// <summary>Pictures that may wait for the vision tower; callers beyond wait in turn. Range 1 to 4,096, default 16.</summary>
    [Range(1, 4_096)]
    public int QueueCapacity { get; init; } = 16;

    /// <summary>Sequences that the decoder must hold: one for each slot and prefix.</summary>
    public int Sequences => Slots + Prefixes;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ValidationException">A value is out of its range; the message names it.</exception>
    public void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
