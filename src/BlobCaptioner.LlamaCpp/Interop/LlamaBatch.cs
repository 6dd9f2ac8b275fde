using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary><c>struct llama_batch</c> of llama.cpp v0.5.0: 56 bytes on 64-bit Linux. Either <see cref="Token"/> or <see cref="Embd"/> is set.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int TokenCount;
    public int* Token;
    public float* Embd;

    /// <summary>One position a token; with <see cref="Embd"/> under M-RoPE four planes of them: t, y, x, z.</summary>
    public int* Pos;
    public int* SequenceCount;
    public int** SequenceIds;
    public sbyte* Logits;
}
