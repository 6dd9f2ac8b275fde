namespace BlobCaptioner.Engine;

/// <summary>What people call the choices of <see cref="DecoderOptions.UseOwnAttention"/> and <see cref="DecoderOptions.FlashAttention"/>.</summary>
public static class AttentionNames
{
    /// <summary>Left to the engine: its own kernel where it runs, flash attention where it is faster.</summary>
    public const string Auto = "auto";

    /// <summary>llama.cpp's own attention.</summary>
    public const string Ggml = "ggml";

    /// <summary>Values of <c>--attention</c>.</summary>
    public static IReadOnlyList<string> Kernels { get; } = [Auto, Ggml];

    /// <summary>Values of <c>--flash-attention</c>.</summary>
    public static IReadOnlyList<string> Flash { get; } = [Auto, "on", "off"];

    /// <summary>Options with the choices of these names.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static DecoderOptions WithAttention(this DecoderOptions options, string kernel, string flash) => options with
    {
        UseOwnAttention = kernel switch
        {
            Auto => true,
            Ggml => false,
            _ => throw new ArgumentException($"The attention kernel is '{kernel}'; it is {string.Join(" or ", Kernels)}.", nameof(kernel)),
        },
        FlashAttention = flash switch
        {
            Auto => null,
            "on" => true,
            "off" => false,
            _ => throw new ArgumentException($"Flash attention is '{flash}'; it is {string.Join(", ", Flash)}.", nameof(flash)),
        },
    };
}
