using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Engine.Setup;

/// <summary>Which model <see cref="LLamaSharpDecoder"/> loads and how much it holds.</summary>
public sealed record DecoderOptions : IValidatableObject
{
    private const long SmallModelBytes = 64_000_000;

    /// <summary>The language model, a GGUF file.</summary>
    /// <value>Required.</value>
    [Required]
    public required string TextModelPath { get; init; }

    /// <summary>The vision tower that was made for it ("mmproj"), a GGUF file.</summary>
    /// <value>Required.</value>
    [Required]
    public required string VisionModelPath { get; init; }

    /// <summary>Sequences that the KV cache tells apart: one for each slot, and one for each shared prefix.</summary>
    /// <value>1 to 256; default 16.</value>
    [Range(1, 256)]
    public int MaxSequences { get; init; } = 16;

    /// <summary>KV cache cells, shared by all sequences. One text or image token takes one; a forked prefix counts once.</summary>
    /// <value>Tokens, 256 to 1,048,576, rounded up to a multiple of 256; default 8192 (8 MB with the sample model).</value>
    [Range(256, 1_048_576)]
    public int ContextTokens { get; init; } = 8192;

    /// <summary>Most tokens in one decode step.</summary>
    /// <value>Tokens, 1 to <see cref="ContextTokens"/>; default 512. llama.cpp computes them 512 at a time.</value>
    [Range(1, 1_048_576)]
    public int BatchTokens { get; init; } = 512;

    /// <summary>CPU threads for the language model.</summary>
    /// <value>
    /// 1 to 512; null (default) for the machine's processors, less those that <see cref="ImageThreads"/> takes while a picture is encoded; 1 where the model's file is smaller than 64 MB.
    /// </value>
    /// <remarks>
    /// llama.cpp's threads wait for each other by spinning, some hundred times a step. A small model's step is over before a second thread helps, and on a
    /// busy machine each wait lasts until the scheduler brings the other thread back: measured, the sample model then takes 160 ms a token instead of 1.
    /// </remarks>
    [Range(1, 512)]
    public int? Threads { get; init; }

    /// <summary>CPU threads for the vision tower, which may run at the same time.</summary>
    /// <value>1 to 512; null (default) for half of the machine's processors, or 1 where the vision model's file is smaller than 64 MB.</value>
    [Range(1, 512)]
    public int? ImageThreads { get; init; }

    /// <summary>Layers of both models on the GPU; without one it has no effect.</summary>
    /// <value>-1 for all (default), 0 for none, up to 10,000.</value>
    [Range(-1, 10_000)]
    public int GpuLayers { get; init; } = -1;

    /// <summary>How keys and values are kept. A cell takes half as many bytes with <see cref="KvCacheType.Q8_0"/>.</summary>
    /// <value>Default <see cref="KvCacheType.F16"/>, which is faster on a CPU: this project's attention kernel reads that.</value>
    [EnumDataType(typeof(KvCacheType))]
    public KvCacheType CacheType { get; init; } = KvCacheType.F16;

    /// <summary>Whether this project's attention kernel may compute on the CPU in place of ggml's. The first model that is loaded decides for the process.</summary>
    /// <value>Default true: it does where it runs (x64 Linux with AVX2 or AVX-512) and gives ggml's own results in a test at load.</value>
    public bool UseOwnAttention { get; init; } = true;

    /// <summary>Attention cell by cell in one pass (flash attention) instead of as matrix products, in the language model and in the vision tower.</summary>
    /// <value>Null (default) for what is faster: with this project's kernel on; without it off for a language model below 64 MB on the CPU; else llama.cpp's own choice.</value>
    public bool? FlashAttention { get; init; }

    /// <summary>Fewest tokens a picture is given: smaller ones are enlarged.</summary>
    /// <value>Tokens, 1 to 65,536; null (default) for the model's own, 8 for Qwen-VL.</value>
    [Range(1, 65_536)]
    public int? ImageMinTokens { get; init; }

    /// <summary>Most tokens a picture is given: larger ones are shrunk.</summary>
    /// <value>Tokens, from <see cref="ImageMinTokens"/> to 65,536; null (default) for the model's own, 4096 for Qwen-VL.</value>
    [Range(1, 65_536)]
    public int? ImageMaxTokens { get; init; }

    /// <summary>True for a model file below 64 MB, where the fixed cost of a step decides: one thread, four slots and attention as matrix products are faster.</summary>
    public static bool IsSmall(string path) => new FileInfo(path) is { Exists: true, Length: < SmallModelBytes };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BatchTokens > ContextTokens)
        {
            yield return new($"It must be at most {nameof(ContextTokens)}, {ContextTokens}.", [nameof(BatchTokens)]);
        }

        if (ImageMaxTokens < ImageMinTokens)
        {
            yield return new($"It must be at least {nameof(ImageMinTokens)}, {ImageMinTokens}.", [nameof(ImageMaxTokens)]);
        }

        if (CacheType != KvCacheType.F16 && FlashAttention == false)
        {
            yield return new("llama.cpp reads such a cache with flash attention only. Leave FlashAttention to auto, or keep F16.", [nameof(CacheType)]);
        }
    }
}

/// <summary>Checks <see cref="DecoderOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class DecoderOptionsValidator : IValidateOptions<DecoderOptions>;
