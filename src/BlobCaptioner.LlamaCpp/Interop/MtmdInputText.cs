using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary><c>struct mtmd_input_text</c> of llama.cpp v0.5.0: 24 bytes on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MtmdInputText
{
    public byte* Text;
    public nuint Length;
    public byte AddSpecial;
    public byte ParseSpecial;
}
