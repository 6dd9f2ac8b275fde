namespace BlobCaptioner.Profiles;

/// <summary>How free text is sampled. Choices always take the likeliest value.</summary>
public sealed record SamplingOptions
{
    /// <summary>Softmax temperature; 0 takes the likeliest token (greedy). Range 0 to 2, default 0.7 (Qwen3-VL's own recommendation).</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>Nucleus: the smallest set of tokens whose probability reaches this. Range 0 to 1, default 0.8.</summary>
    public float TopP { get; init; } = 0.8f;

    /// <summary>Most tokens to choose from; 0 is all. Default 20.</summary>
    public int TopK { get; init; } = 20;

    /// <summary>
    /// Taken off the logit of each token that the model has written in this answer (once, however often; prompt and literal text do not count). Range 0 to 2,
    /// default 0. Qwen3-VL's own recommendation is 1.5 for text, counted over the prompt too; without the prompt less does.
    /// </summary>
    public float PresencePenalty { get; init; }

    /// <summary>Seed; the same picture, profile, model and seed give the same text when decoded alone.</summary>
    public ulong Seed { get; init; }
}
