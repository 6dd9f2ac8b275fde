using BlobCaptioner.Engine.Decoding;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine;

/// <summary>
/// Memory that a model will take, in bytes, estimated from the heads of its files before anything is loaded. Measured values were within a tenth of it (src/BlobCaptioner/Models/README.md);
/// it is rather too high than too low.
/// </summary>
public sealed record ModelMemory
{
    // Activations of a step, as many as the widest layer has, several at once.
    private const int LiveLayers = 6;
    private const long Program = 120_000_000;

    /// <summary>
    /// Weights of the language model. On a CPU llama.cpp copies 4-bit weights into the order that its instructions read; of the file's pages, which are given back, a quarter is
    /// counted for what is read there again.
    /// </summary>
    public required long Weights { get; init; }

    /// <summary>Weights of the vision tower, and what encoding the largest picture takes.</summary>
    public required long Vision { get; init; }

    /// <summary>The KV cache.</summary>
    public required long Cache { get; init; }

    /// <summary>Buffers of a decode step.</summary>
    public required long Step { get; init; }

    /// <summary>Keys and values of one token.</summary>
    public required long CellBytes { get; init; }

    /// <summary>Layers of the language model.</summary>
    public required int Layers { get; init; }

    /// <summary>All of it with the program itself.</summary>
    public long Total => Weights + Vision + Cache + Step + Program;

    /// <summary>Estimates the memory of a model.</summary>
    /// <param name="options">Files, context and cache type.</param>
    /// <param name="imageTokens">Tokens of the largest picture.</param>
    /// <param name="isOnGpu">True for the GPU's memory: weights and cache of the layers that go there.</param>
    /// <exception cref="SequenceDecoderException">A file is missing or cut, or lacks a number that the estimate needs.</exception>
    public static ModelMemory Estimate(DecoderOptions options, int imageTokens, bool isOnGpu)
    {
        ArgumentNullException.ThrowIfNull(options);
        var text = GgufFile.Read(options.TextModelPath);
        var vision = GgufFile.Read(options.VisionModelPath);
        long Need(string name) => text.Number(name) is { } number and > 0
            ? number
            : throw new SequenceDecoderException($"'{options.TextModelPath}' does not state its {name}, so its memory can't be estimated.");
        var (layers, width, heads) = (Need("block_count"), Need("embedding_length"), Need("attention.head_count"));
        var keys = text.Number("attention.key_length") ?? (width / heads);
        var values = text.Number("attention.value_length") ?? (width / heads);
        var numbers = layers * (text.Number("attention.head_count_kv") ?? heads) * (keys + values);
        var cell = options.CacheType == KvCacheType.Q8_0 ? numbers * 34 / 32 : numbers * 2;

        // Layers that stay on the CPU take no GPU memory.
        var share = isOnGpu && options.GpuLayers >= 0 ? Math.Min(1, (double)options.GpuLayers / layers) : 1;
        var batch = Math.Min(options.BatchTokens, SequenceContext.MicroBatchTokens);
        var step = (2L * sizeof(float) * StepLimits.MostLogits(options.BatchTokens, options.MaxSequences) * text.Vocabulary)
            + ((long)sizeof(float) * batch * LiveLayers * Math.Max(width, text.Number("feed_forward_length") ?? width))
            + (2L * sizeof(ushort) * batch * options.ContextTokens);

        // Four patches become a token; several layers of activations are alive at once.
        var visionWidth = vision.Number("vision.embedding_length") ?? width;
        var patches = 4L * imageTokens;
        var encode = sizeof(float) * patches * LiveLayers * Math.Max(visionWidth, vision.Number("vision.feed_forward_length") ?? (4 * visionWidth));
        return new()
        {
            Weights = (long)(share * (isOnGpu ? text.Bytes : text.Bytes * 5 / 4)),
            Vision = vision.Bytes + encode,
            Cache = (long)Math.Min(share * cell * options.ContextTokens, long.MaxValue / 8),
            Step = step,
            CellBytes = cell,
            Layers = (int)layers,
        };
    }
}
