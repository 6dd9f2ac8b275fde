using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>Owns a picture that was copied into native memory.</summary>
internal sealed class BitmapHandle : SafeHandle
{
    public BitmapHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        MtmdNative.mtmd_bitmap_free(handle);
        return true;
    }
}
