using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>Owns the chunks of a tokenized prompt.</summary>
internal sealed class ChunksHandle : SafeHandle
{
    public ChunksHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        MtmdNative.mtmd_input_chunks_free(handle);
        return true;
    }
}
