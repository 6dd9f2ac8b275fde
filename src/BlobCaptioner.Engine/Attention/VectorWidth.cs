namespace BlobCaptioner.Engine.Attention;

/// <summary>Bits of the registers that the kernel computes with.</summary>
internal enum VectorWidth
{
    /// <summary>ggml computes.</summary>
    None = 0,
    Avx2 = 256,
    Avx512 = 512,
}
