using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary><c>struct mtmd_decoder_pos</c> of llama.cpp v0.5.0: where one image token stands. Mind the order: t, x, y, z.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MtmdDecoderPos
{
    public uint T;
    public uint X;
    public uint Y;
    public uint Z;
}
