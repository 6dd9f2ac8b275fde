namespace BlobCaptioner.LlamaCpp;

/// <summary>Number format of the KV cache; the values are ggml's.</summary>
public enum KvCacheType
{
    /// <summary>16-bit floats: 2 bytes a number.</summary>
    F16 = 1,

    /// <summary>8-bit integers with a scale for 32 of them: 1.06 bytes a number.</summary>
    Q8_0 = 8,
}
