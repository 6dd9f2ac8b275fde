using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>How much of the machine the engine takes; configuration section <c>Engine</c>.</summary>
public sealed record EngineOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Engine";

    /// <summary>Pictures that are described at once.</summary>
    /// <value>1 to 64, default 8.</value>
    [Range(1, 64)]
    public int Slots { get; init; } = 8;

    /// <summary>CPU threads for what does not run on the GPU.</summary>
    /// <value>1 to 512; null (default) for the machine's processors.</value>
    [Range(1, 512)]
    public int? Threads { get; init; }

    /// <summary>Layers of both models on the GPU.</summary>
    /// <value>-1 for all (default), 0 for none, up to 10,000.</value>
    [Range(-1, 10_000)]
    public int GpuLayers { get; init; } = -1;

    /// <summary>KV cache cells, shared by all slots. A token takes one (144 KiB with Qwen3-VL-8B).</summary>
    /// <value>Tokens, 256 to 1,048,576; null (default) for <see cref="Slots"/> times the longest answer that the profile allows.</value>
    [Range(256, 1_048_576)]
    public int? ContextTokens { get; init; }

    /// <summary>Number format of the KV cache.</summary>
    /// <value><c>f16</c> (default), or <c>q8_0</c>, which takes half the memory.</value>
    [AllowedValues("f16", "q8_0", ErrorMessage = "It must be f16 or q8_0.")]
    public string KvCache { get; init; } = "f16";

    /// <summary>The attention kernel on the CPU.</summary>
    /// <value><c>auto</c> (default) for this project's kernel where it runs, or <c>ggml</c> for llama.cpp's own.</value>
    [AllowedValues("auto", "ggml", ErrorMessage = "It must be auto or ggml.")]
    public string Attention { get; init; } = "auto";

    /// <summary>Flash attention in both models.</summary>
    /// <value><c>auto</c> (default) for the faster choice, <c>on</c> or <c>off</c>.</value>
    [AllowedValues("auto", "on", "off", ErrorMessage = "It must be auto, on or off.")]
    public string FlashAttention { get; init; } = "auto";

    /// <summary>Slots and limits for the batcher.</summary>
    public BatcherOptions Batching() => new() { Slots = Slots };

    /// <summary>KV cache cells for a profile.</summary>
    public int ContextTokensFor(Profile profile) => ContextTokens ?? ContextSize.For(profile, Batching());
}

/// <summary>Checks <see cref="EngineOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class EngineOptionsValidator : IValidateOptions<EngineOptions>;
