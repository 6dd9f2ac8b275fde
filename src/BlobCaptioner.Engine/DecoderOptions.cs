namespace BlobCaptioner.Engine;

/// <summary>Which model <see cref="LLamaSharpDecoder"/> loads and how much it holds.</summary>
public sealed record DecoderOptions
{
    private const long SmallModelBytes = 64_000_000;

    /// <summary>The language model, a GGUF file.</summary>
    public required string TextModelPath { get; init; }

    /// <summary>The vision tower that was made for it ("mmproj"), a GGUF file.</summary>
    public required string VisionModelPath { get; init; }

    /// <summary>Sequences that the KV cache tells apart: one a slot, and one for each shared prefix.</summary>
    /// <value>1 to 256; default 16.</value>
    public int MaxSequences { get; init; } = 16;

    /// <summary>KV cache cells, shared by all sequences. One text or image token takes one; a forked prefix counts once.</summary>
    /// <value>Tokens, 256 to 1,048,576, rounded up to a multiple of 256; default 8192 (8 MB with the sample model).</value>
    public int ContextTokens { get; init; } = 8192;

    /// <summary>Most tokens in one decode step.</summary>
    /// <value>Tokens, 1 to <see cref="ContextTokens"/>; default 512. llama.cpp computes them 512 at a time.</value>
    public int BatchTokens { get; init; } = 512;

    /// <summary>CPU threads for the language model.</summary>
    /// <value>
    /// 1 to 512; null (default) for the machine's processors, less those that <see cref="ImageThreads"/> takes while a picture is encoded; 1 where the model's file is smaller than 64 MB.
    /// </value>
    /// <remarks>
    /// llama.cpp's threads wait for each other by spinning, some hundred times a step. A small model's step is over before a second thread helps, and on a
    /// busy machine each wait lasts until the scheduler brings the other thread back: measured, the sample model then takes 160 ms a token instead of 1.
    /// </remarks>
    public int? Threads { get; init; }

    /// <summary>CPU threads for the vision tower, which may run at the same time.</summary>
    /// <value>1 to 512; null (default) for half of the machine's processors, or 1 where the vision model's file is smaller than 64 MB.</value>
    public int? ImageThreads { get; init; }

    /// <summary>Layers of both models on the GPU; without one it has no effect.</summary>
    /// <value>-1 for all (default), or 0 upward.</value>
    public int GpuLayers { get; init; } = -1;

    /// <summary>How keys and values are kept. A cell takes half as many bytes with <see cref="KvCacheType.Q8_0"/>.</summary>
    /// <value>Default <see cref="KvCacheType.F16"/>, which is faster on a CPU: this project's attention kernel reads that.</value>
    public KvCacheType CacheType { get; init; } = KvCacheType.F16;

    /// <summary>Whether this project's attention kernel may compute on the CPU in place of ggml's. The first model that is loaded decides for the process.</summary>
    /// <value>Default true: it does where it runs (x64 Linux with AVX2 or AVX-512) and gives ggml's own results in a test at load.</value>
    public bool UseOwnAttention { get; init; } = true;

    /// <summary>Attention cell by cell in one pass (flash attention) instead of as matrix products, in the language model and in the vision tower.</summary>
    /// <value>Null (default) for what is faster: with this project's kernel on; without it off for a language model below 64 MB on the CPU; else llama.cpp's own choice.</value>
    public bool? FlashAttention { get; init; }

    /// <summary>Fewest tokens a picture is given: smaller ones are enlarged.</summary>
    /// <value>Tokens, 1 to 65,536; null (default) for the model's own, 8 for Qwen-VL.</value>
    public int? ImageMinTokens { get; init; }

    /// <summary>Most tokens a picture is given: larger ones are shrunk.</summary>
    /// <value>Tokens, from <see cref="ImageMinTokens"/> to 65,536; null (default) for the model's own, 4096 for Qwen-VL.</value>
    public int? ImageMaxTokens { get; init; }

    /// <summary>Throws unless every value lies in its range.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it, its value and its range.</exception>
    public void Validate()
    {
        RequirePath(TextModelPath, nameof(TextModelPath));
        RequirePath(VisionModelPath, nameof(VisionModelPath));
        RequireRange(MaxSequences, 1, 256, nameof(MaxSequences));
        RequireRange(ContextTokens, 256, 1_048_576, nameof(ContextTokens));
        RequireRange(BatchTokens, 1, ContextTokens, nameof(BatchTokens));
        RequireRange(Threads ?? 1, 1, 512, nameof(Threads));
        RequireRange(ImageThreads ?? 1, 1, 512, nameof(ImageThreads));
        RequireRange(GpuLayers, -1, 10_000, nameof(GpuLayers));
        RequireRange(ImageMinTokens ?? 1, 1, 65_536, nameof(ImageMinTokens));
        RequireRange(ImageMaxTokens ?? 65_536, ImageMinTokens ?? 1, 65_536, nameof(ImageMaxTokens));
        RequireReadable(CacheType, nameof(CacheType));
    }

    /// <summary>True for a model file below 64 MB, where what a step costs beside arithmetic decides: one thread, four slots and attention as matrix products are faster.</summary>
    public static bool IsSmall(string path) => new FileInfo(path) is { Exists: true, Length: < SmallModelBytes };

    private static void RequirePath(string value, string name)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new ArgumentException($"{name} is empty; it must name a GGUF file.", name);
        }
    }

    private void RequireReadable(KvCacheType cache, string name)
    {
        if (cache != KvCacheType.F16 && FlashAttention == false)
        {
            throw new ArgumentException($"{name} is {cache} and FlashAttention is off; llama.cpp reads such a cache with flash attention only. Leave FlashAttention to auto, or keep f16.", name);
        }
    }

    private static void RequireRange(int value, int low, int high, string name)
    {
        if (value < low || value > high)
        {
            throw new ArgumentException($"{name} is {value}; it must be {low} to {high}.", name);
        }
    }
}
