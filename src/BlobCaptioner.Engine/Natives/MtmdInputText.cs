using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Natives;

/// <summary><c>struct mtmd_input_text</c> of llama.cpp b10221: 24 bytes on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MtmdInputText
{
    public byte* Text;
    public nuint Length;
    public byte AddSpecial;
    public byte ParseSpecial;
}
