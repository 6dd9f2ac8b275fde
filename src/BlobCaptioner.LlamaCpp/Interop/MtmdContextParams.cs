using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary><c>struct mtmd_context_params</c> of llama.cpp v0.5.0, tools/mtmd/mtmd.h: 96 bytes on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MtmdContextParams
{
    public byte UseGpu;
    public nint Device;
    public byte PrintTimings;
    public int Threads;
    public nint ImageMarker;
    public nint MediaMarker;
    public int FlashAttention;
    public byte Warmup;

    /// <summary>Fewest tokens an image may have; -1 for the model's own.</summary>
    public int ImageMinTokens;

    /// <summary>Most tokens an image may have; -1 for the model's own.</summary>
    public int ImageMaxTokens;
    public nint EvalCallback;
    public nint EvalCallbackUserData;
    public int BatchMaxTokens;
    public nint ProgressCallback;
    public nint ProgressCallbackUserData;
}
