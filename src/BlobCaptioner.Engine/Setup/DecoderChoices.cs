namespace BlobCaptioner.Engine.Setup;

/// <summary>Number format of the KV cache; the values are ggml's.</summary>
public enum KvCacheType
{
    /// <summary>16-bit floats: 2 bytes a number.</summary>
    F16 = 1,

    /// <summary>8-bit integers with a scale for 32 of them: 1.06 bytes a number.</summary>
    Q8_0 = 8,
}

/// <summary>Names of <see cref="KvCacheType"/> on the command line and in settings, as in llama.cpp's tools.</summary>
public static class KvCacheTypes
{
    /// <summary><c>f16</c>, <c>q8_0</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["f16", "q8_0"];

    /// <summary>The type of that name.</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static KvCacheType Parse(string name) => name switch
    {
        "f16" => KvCacheType.F16,
        "q8_0" => KvCacheType.Q8_0,
        _ => throw new ArgumentException($"'{name}' is not a number format of the KV cache; use {string.Join(" or ", Names)}.", nameof(name)),
    };
}

/// <summary>Names, on the command line, for the choices of <see cref="DecoderOptions.UseOwnAttention"/> and <see cref="DecoderOptions.FlashAttention"/>.</summary>
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
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    public static DecoderOptions WithAttention(this DecoderOptions options, string kernel, string flash) => options with
    {
        UseOwnAttention = kernel switch
        {
            Auto => true,
            Ggml => false,
            _ => throw new ArgumentException($"'{kernel}' is not an attention kernel; use {string.Join(" or ", Kernels)}.", nameof(kernel)),
        },
        FlashAttention = flash switch
        {
            Auto => null,
            "on" => true,
            "off" => false,
            _ => throw new ArgumentException($"'{flash}' is not a choice of flash attention; use {string.Join(", ", Flash)}.", nameof(flash)),
        },
    };
}
