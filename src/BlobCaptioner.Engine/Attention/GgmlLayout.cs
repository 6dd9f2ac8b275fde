using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>ggml 0.18.0's <c>ggml_tensor</c>: ggml.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GgmlTensor
{
    public int Type;
    public nint Buffer;

    /// <summary>Elements of each dimension, the innermost first.</summary>
    public fixed long Ne[4];

    /// <summary>Bytes from one element of a dimension to the next.</summary>
    public fixed long Nb[4];

    public int Op;
    public fixed int OpParams[16];
    public int Flags;
    public GgmlTensor* Src0;
    public GgmlTensor* Src1;
    public GgmlTensor* Src2;
    public GgmlTensor* Src3;
    public GgmlTensor* Src4;
    public fixed long MoreSources[5];
    public GgmlTensor* ViewSource;
    public nuint ViewOffset;
    public byte* Data;
    public fixed byte Name[64];
    public nint Extra;
    public fixed byte Padding[8];

    /// <summary>Of a FLASH_ATTN_EXT: what the scores are multiplied by.</summary>
    public readonly float Scale => BitConverter.Int32BitsToSingle(OpParams[0]);

    /// <summary>Of a FLASH_ATTN_EXT: ALiBi's slope, 0 without it.</summary>
    public readonly float MaxBias => BitConverter.Int32BitsToSingle(OpParams[1]);

    /// <summary>Of a FLASH_ATTN_EXT: 0 without a soft cap.</summary>
    public readonly float SoftCap => BitConverter.Int32BitsToSingle(OpParams[2]);
}

/// <summary><c>ggml_compute_params</c>, ggml-cpu-impl.h: which thread of how many computes, and the memory that all threads of an operation share.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ComputeParams
{
    public int Thread;
    public int Threads;
    public nuint WorkSize;
    public byte* Work;
    public nint ThreadPool;
    public byte UseReference;
}

/// <summary><c>ggml_backend_buffer_type</c>, ggml-backend-impl.h. The CPU backend's extra ones hold a C++ object that may know an operation better.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BufferType
{
    public fixed long Interface[6];
    public nint Device;
    public nint Context;
}

/// <summary>Numbers of ggml 0.18.0.</summary>
internal static class GgmlNumbers
{
    public const int TypeF32 = 0;
    public const int TypeF16 = 1;
    public const int FlashAttnExt = 74;
    public const int DeviceCpu = 0;

    /// <summary>Queries and cells in a tile of ggml's own kernel.</summary>
    public const int Tile = 64;
}
