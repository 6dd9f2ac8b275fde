namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>
/// Sizes of a Qwen3-VL model (https://github.com/huggingface/transformers/tree/main/src/transformers/models/qwen3_vl; in llama.cpp: src/models/qwen3vl.cpp and tools/mtmd/models/qwen3vl.cpp).
/// The bundled model has the 8B's shape at a four-thousandth of its size.
/// </summary>
internal sealed record ModelShape
{
    /// <summary>Side of a patch in pixels.</summary>
    public const int Patch = 16;

    /// <summary>Patches along each side that become one token.</summary>
    public const int Merge = 2;

    /// <summary>Patches along each side of the position table. Other sizes are interpolated.</summary>
    public const int Grid = 16;

    /// <summary>Inputs of a patch: three channels.</summary>
    public const int PatchInputs = 3 * Patch * Patch;

    /// <summary>Added to variances in layer and RMS norms.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>Pairs of a head's dimensions that rotate by time, row and column (interleaved M-RoPE). Their sum is half of <see cref="HeadSize"/>.</summary>
    public static readonly IReadOnlyList<int> RopeSections = [6, 5, 5];

    /// <summary>Width of the vision tower.</summary>
    public int VisionWidth { get; init; } = 128;

    /// <summary>Layers of the vision tower.</summary>
    public int VisionLayers { get; init; } = 4;

    /// <summary>Heads of the vision tower.</summary>
    public int VisionHeads { get; init; } = 4;

    /// <summary>Width of the vision tower's feed-forward layers.</summary>
    public int VisionInner { get; init; } = 384;

    /// <summary>Width inside the mergers.</summary>
    public int MergerInner { get; init; } = 256;

    /// <summary>Vision layers whose output is added to the image tokens after the language model's first layers (DeepStack, https://arxiv.org/abs/2406.04334).</summary>
    public IReadOnlyList<int> DeepStack { get; init; } = [0, 2];

    /// <summary>Width of the language model.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Layers of the language model.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Query heads of the language model.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads of the language model.</summary>
    public int KeyHeads { get; init; } = 2;

    /// <summary>Dimensions of a head.</summary>
    public int HeadSize { get; init; } = 32;

    /// <summary>Width of the language model's feed-forward layers.</summary>
    public int Inner { get; init; } = 320;

    /// <summary>Base of the rotary positions.</summary>
    public double RopeBase { get; init; } = 10_000;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int ContextTokens { get; init; } = 8192;
}
