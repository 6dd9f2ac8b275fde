using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>The functions of ggml that the kernel's installation and check call, from the libraries that the process has loaded.</summary>
internal sealed unsafe class Ggml
{
    /// <summary>A buffer type's C++ class in ggml-cpu's repack.cpp: the object whose place the kernel takes is one of these.</summary>
    private const string RepackTable = "_ZTVN4ggml3cpu6repack17extra_buffer_typeE";

    private readonly List<string> _missing = [];

    public Ggml(nint ggml, nint ggmlBase)
    {
        Version = (delegate* unmanaged[Cdecl]<byte*>)Find(ggmlBase, "ggml_version");
        OpName = (delegate* unmanaged[Cdecl]<int, byte*>)Find(ggmlBase, "ggml_op_name");
        TensorOverhead = (delegate* unmanaged[Cdecl]<nuint>)Find(ggmlBase, "ggml_tensor_overhead");
        GraphOverhead = (delegate* unmanaged[Cdecl]<nuint>)Find(ggmlBase, "ggml_graph_overhead");
        Init = (delegate* unmanaged[Cdecl]<InitParams, nint>)Find(ggmlBase, "ggml_init");
        Free = (delegate* unmanaged[Cdecl]<nint, void>)Find(ggmlBase, "ggml_free");
        NewTensor = (delegate* unmanaged[Cdecl]<nint, int, long, long, long, long, GgmlTensor*>)Find(ggmlBase, "ggml_new_tensor_4d");
        FlashAttention = (delegate* unmanaged[Cdecl]<nint, GgmlTensor*, GgmlTensor*, GgmlTensor*, GgmlTensor*, float, float, float, GgmlTensor*>)Find(ggmlBase, "ggml_flash_attn_ext");
        NewGraph = (delegate* unmanaged[Cdecl]<nint, nint>)Find(ggmlBase, "ggml_new_graph");
        Expand = (delegate* unmanaged[Cdecl]<nint, GgmlTensor*, void>)Find(ggmlBase, "ggml_build_forward_expand");
        Compute = (delegate* unmanaged[Cdecl]<nint, nint, int>)Find(ggmlBase, "ggml_backend_graph_compute");
        InitDevice = (delegate* unmanaged[Cdecl]<nint, byte*, nint>)Find(ggmlBase, "ggml_backend_dev_init");
        FreeBackend = (delegate* unmanaged[Cdecl]<nint, void>)Find(ggmlBase, "ggml_backend_free");
        RegistryOf = (delegate* unmanaged[Cdecl]<nint, nint>)Find(ggmlBase, "ggml_backend_dev_backend_reg");
        ProcAddress = (delegate* unmanaged[Cdecl]<nint, byte*, nint>)Find(ggmlBase, "ggml_backend_reg_get_proc_address");
        BufferBase = (delegate* unmanaged[Cdecl]<nint, nint>)Find(ggmlBase, "ggml_backend_buffer_get_base");
        BufferSize = (delegate* unmanaged[Cdecl]<nint, nuint>)Find(ggmlBase, "ggml_backend_buffer_get_size");
        DeviceByType = (delegate* unmanaged[Cdecl]<int, nint>)Find(ggml, "ggml_backend_dev_by_type");
        Repack = Find(ggml, RepackTable);
    }

    /// <summary>Exports that these libraries lack.</summary>
    public IReadOnlyList<string> Missing => _missing;

    public readonly delegate* unmanaged[Cdecl]<byte*> Version;

    public readonly delegate* unmanaged[Cdecl]<int, byte*> OpName;

    /// <summary>Bytes that a tensor takes in a context, 32 of them for <c>ggml_object</c>.</summary>
    public readonly delegate* unmanaged[Cdecl]<nuint> TensorOverhead;

    public readonly delegate* unmanaged[Cdecl]<nuint> GraphOverhead;

    public readonly delegate* unmanaged[Cdecl]<InitParams, nint> Init;

    public readonly delegate* unmanaged[Cdecl]<nint, void> Free;

    public readonly delegate* unmanaged[Cdecl]<nint, int, long, long, long, long, GgmlTensor*> NewTensor;

    public readonly delegate* unmanaged[Cdecl]<nint, GgmlTensor*, GgmlTensor*, GgmlTensor*, GgmlTensor*, float, float, float, GgmlTensor*> FlashAttention;

    public readonly delegate* unmanaged[Cdecl]<nint, nint> NewGraph;

    public readonly delegate* unmanaged[Cdecl]<nint, GgmlTensor*, void> Expand;

    public readonly delegate* unmanaged[Cdecl]<nint, nint, int> Compute;

    public readonly delegate* unmanaged[Cdecl]<nint, byte*, nint> InitDevice;

    public readonly delegate* unmanaged[Cdecl]<nint, void> FreeBackend;

    public readonly delegate* unmanaged[Cdecl]<nint, nint> RegistryOf;

    public readonly delegate* unmanaged[Cdecl]<nint, byte*, nint> ProcAddress;

    public readonly delegate* unmanaged[Cdecl]<nint, nint> BufferBase;

    public readonly delegate* unmanaged[Cdecl]<nint, nuint> BufferSize;

    public readonly delegate* unmanaged[Cdecl]<int, nint> DeviceByType;

    /// <summary>The class's table of virtual functions, two words before its first one.</summary>
    public readonly nint Repack;

    private nint Find(nint library, string name)
    {
        if (!NativeLibrary.TryGetExport(library, name, out var address))
        {
            _missing.Add(name);
        }

        return address;
    }

    /// <summary><c>ggml_init_params</c>, ggml.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct InitParams
    {
        public nuint MemorySize;
        public nint Memory;
        public byte NoAllocation;
    }
}
