namespace BlobCaptioner.Inference;

/// <summary>A picture after the vision tower: embeddings that a language model takes in place of tokens.</summary>
public sealed class EncodedImage
{
    /// <summary>Embeddings, row-major, <see cref="TokenCount"/> × the model's input width (deepstack layers included).</summary>
    public required ReadOnlyMemory<float> Embeddings { get; init; }

    /// <summary>Image tokens: KV cache cells that the picture takes.</summary>
    public required int TokenCount { get; init; }

    /// <summary>How far the picture moves the sequence's position on; under M-RoPE far fewer than its tokens (16 for 256 tokens of a square).</summary>
    public required int PositionCount { get; init; }

    /// <summary>
    /// Positions relative to the picture's first, four planes of <see cref="TokenCount"/> each: t, y, x, z
    /// (llama.cpp's layout for M-RoPE). Empty where positions are plain.
    /// </summary>
    public required ReadOnlyMemory<int> RelativePositions { get; init; }
}
