namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>
/// Sizes of a Qwen3-VL model (https://github.com/huggingface/transformers/tree/main/src/transformers/models/qwen3_vl; in llama.cpp: src/models/qwen3vl.cpp and tools/mtmd/models/qwen3vl.cpp).
/// The bundled one is the 8B's shape at a four-thousandth.
/// </summary>
internal sealed record ModelShape
{
    /// <summary>Side of a patch, pixels.</summary>
    public const int Patch = 16;

    /// <summary>Patches along each side that become one token.</summary>
    public const int Merge = 2;

    /// <summary>Patches along each side that the position table was made for; other sizes are interpolated.</summary>
    public const int Grid = 16;

    /// <summary>Numbers of a patch: three channels.</summary>
    public const int PatchNumbers = 3 * Patch * Patch;

    /// <summary>Added to variances in layer and RMS norms.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>Pairs of a head's numbers that turn by time, row and column (M-RoPE, interleaved); sums to half of <see cref="HeadSize"/>.</summary>
    public static readonly IReadOnlyList<int> RopeSections = [6, 5, 5];

    /// <summary>Width of the vision tower.</summary>
    public int VisionWidth { get; init; } = 128;

    /// <summary>Its layers.</summary>
    public int VisionLayers { get; init; } = 4;

    /// <summary>Its heads.</summary>
    public int VisionHeads { get; init; } = 4;

    /// <summary>Width of its feed-forward layers.</summary>
    public int VisionInner { get; init; } = 384;

    /// <summary>Width inside the mergers.</summary>
    public int MergerInner { get; init; } = 256;

    /// <summary>Vision layers whose output is added to the image tokens after the language model's first layers (DeepStack, https://arxiv.org/abs/2406.04334).</summary>
    public IReadOnlyList<int> DeepStack { get; init; } = [0, 2];

    /// <summary>Width of the language model.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Its layers.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Its query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Its key and value heads.</summary>
    public int KeyHeads { get; init; } = 2;

    /// <summary>Numbers of a head.</summary>
    public int HeadSize { get; init; } = 32;

    /// <summary>Width of its feed-forward layers.</summary>
    public int Inner { get; init; } = 320;

    /// <summary>Base of its rotary positions.</summary>
    public double RopeBase { get; init; } = 10_000;

    /// <summary>Longest prompt and answer, tokens.</summary>
    public int ContextTokens { get; init; } = 8192;
}
