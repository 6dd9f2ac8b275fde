using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>How much of the machine the engine takes; section <c>Engine</c>.</summary>
public sealed record EngineOptions
{
    /// <summary>The section's key.</summary>
    public const string Section = "Engine";

    /// <summary>Pictures that are described at once. Range 1 to 64, default 8.</summary>
    [Range(1, 64)]
    public int Slots { get; init; } = 8;

    /// <summary>Processor threads for what does not run on the GPU. Range 1 to 512; null (default) takes the machine's processors.</summary>
    [Range(1, 512)]
    public int? Threads { get; init; }

    /// <summary>Layers of both models on the GPU. Range -1 to 10,000; -1 (default) for all, 0 for none.</summary>
    [Range(-1, 10_000)]
    public int GpuLayers { get; init; } = -1;

    /// <summary>
    /// KV cache cells, shared by all slots; a token takes one (144 KiB with Qwen3-VL-8B). Range 256 to 1,048,576; null (default) has room
    /// for <see cref="Slots"/> of the longest answers that the profile allows.
    /// </summary>
    [Range(256, 1_048_576)]
    public int? ContextTokens { get; init; }

    /// <summary>Numbers of the KV cache: <c>f16</c> (default), or <c>q8_0</c>, which takes half the memory.</summary>
    [AllowedValues("f16", "q8_0")]
    public string KvCache { get; init; } = "f16";

    /// <summary>Who computes attention on the CPU: <c>auto</c> (default) for this project's kernel where it runs, or <c>ggml</c> for llama.cpp's own.</summary>
    [AllowedValues("auto", "ggml")]
    public string Attention { get; init; } = "auto";

    /// <summary>Flash attention in both models: <c>auto</c> (default) for what is faster, <c>on</c> or <c>off</c>.</summary>
    [AllowedValues("auto", "on", "off")]
    public string FlashAttention { get; init; } = "auto";

    /// <summary>Slots and limits for the batcher.</summary>
    public BatcherOptions Batching => new() { Slots = Slots };

    /// <summary>KV cache cells for a profile.</summary>
    public int ContextTokensFor(Profile profile) => ContextTokens ?? ContextSize.For(profile, Batching);
}
