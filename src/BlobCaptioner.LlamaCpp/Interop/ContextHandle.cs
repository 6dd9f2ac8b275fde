using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>Owns a context of a text model: its KV cache and compute buffers. Keeps the text model that it points into alive.</summary>
internal sealed class ContextHandle : SafeHandle
{
    private ModelHandle? _model;

    public ContextHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Frees <paramref name="model"/> only after this handle, even where finalizers run in another order.</summary>
    public void Hold(ModelHandle model)
    {
        var added = false;
        model.DangerousAddRef(ref added);
        _model = model;
    }

    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }
}
