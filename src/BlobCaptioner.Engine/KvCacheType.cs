namespace BlobCaptioner.Engine;

/// <summary>Number format of the KV cache; the values are ggml's.</summary>
public enum KvCacheType
{
    /// <summary>16-bit floats: 2 bytes a number.</summary>
    F16 = 1,

    /// <summary>8-bit integers with a scale for 32 of them: 1.06 bytes a number.</summary>
    Q8_0 = 8,
}

/// <summary>The types by the names that llama.cpp's tools give them.</summary>
public static class KvCacheTypes
{
    /// <summary>The names: <c>f16</c>, <c>q8_0</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["f16", "q8_0"];

    /// <summary>The type of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static KvCacheType Parse(string name) => name switch
    {
        "f16" => KvCacheType.F16,
        "q8_0" => KvCacheType.Q8_0,
        _ => throw new ArgumentException($"The KV cache's numbers are '{name}'; they are {string.Join(" or ", Names)}.", nameof(name)),
    };
}
