using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BlobCaptioner.Engine.Attention;

/// <summary>
/// The kernel's place in ggml. Before each operation ggml's CPU backend asks the C++ objects of its extra buffer types whether they compute it. One of them is exchanged for an
/// object of ours, whose virtual functions are managed, and which passes on every operation that is not the kernel's.
/// </summary>
/// <remarks>
/// ggml::cpu::extra_buffer_type and ggml::cpu::tensor_traits, ggml-cpu/traits.h: after two destructors come supports_op and get_tensor_traits, and work_size and compute_forward.
/// The calls that pass on leave out the switch to native code: what they call returns at once.
/// The cost of managed code here, measured on two cores: ggml asks about each operation twice, which takes 11 ns for both, or 10 us for a step of a thousand operations. A thread of
/// OpenMP's that enters for the first time takes about 30 us, once. A garbage collection waits for threads that are in the kernel, whose loops can be stopped at any instruction: 0.35 ms
/// in place of 0.1 ms, and some milliseconds where the machine has more to run than cores, since a stopped thread needs its turn to say so. The other threads of ggml wait meanwhile.
/// </remarks>
internal static unsafe class AttentionHook
{
    private const int Supports = 2;
    private const int Traits = 3;

    private static nint* s_place;
    private static nint s_behind;
    private static nint s_traits;

    /// <summary>The registers that the kernel computes with. Changed only while ggml computes nothing.</summary>
    public static VectorWidth Width { get; set; }

    /// <summary>Operations that the kernel computed.</summary>
    public static long Computed { get; private set; }

    /// <summary>Exchanges the object.</summary>
    /// <param name="place">Where ggml keeps the address of its own.</param>
    public static void Put(nint* place)
    {
        s_place = place;
        s_behind = *place;
        s_traits = Object(
            (nint)(delegate* unmanaged[Cdecl]<nint, int, GgmlTensor*, nuint*, byte>)&WorkSize,
            (nint)(delegate* unmanaged[Cdecl]<nint, ComputeParams*, GgmlTensor*, byte>)&Compute);
        *place = Object(
            (nint)(delegate* unmanaged[Cdecl]<nint, nint, GgmlTensor*, byte>)&SupportsOp,
            (nint)(delegate* unmanaged[Cdecl]<nint, GgmlTensor*, nint>)&TraitsOf);
    }

    /// <summary>Puts ggml's own object back.</summary>
    public static void Remove() => *s_place = s_behind;

    /// <summary>An operation as llama.cpp's text models and mtmd's vision towers ask for: no ALiBi, no soft cap, no sinks, a cache of halves.</summary>
    public static bool Fits(GgmlTensor* op)
    {
        GgmlTensor* q = op->Src0, k = op->Src1, v = op->Src2, mask = op->Src3;
        const int Unit = 8, MostOfHead = 256;
        return op->Src4 == null && op->MaxBias == 0 && op->SoftCap == 0
            && q->Type == GgmlNumbers.TypeF32 && k->Type == GgmlNumbers.TypeF16 && v->Type == GgmlNumbers.TypeF16
            && (mask == null || (mask->Type == GgmlNumbers.TypeF16 && mask->Ne[2] == 1))
            && q->Nb[0] == sizeof(float) && k->Nb[0] == sizeof(ushort) && v->Nb[0] == sizeof(ushort) && op->Nb[0] == sizeof(float)
            && q->Ne[2] % k->Ne[2] == 0 && k->Ne[2] == v->Ne[2] && q->Ne[3] == k->Ne[3] && q->Ne[3] == v->Ne[3]
            && k->Ne[0] % Unit == 0 && v->Ne[0] % Unit == 0 && k->Ne[0] <= MostOfHead && v->Ne[0] <= MostOfHead;
    }

    /// <summary>An object of a class with two functions of ours and a destructor that does nothing. It lives as long as the process.</summary>
    private static nint Object(nint third, nint fourth)
    {
        var memory = (nint*)NativeMemory.Alloc(5, (nuint)sizeof(nint));
        memory[0] = (nint)(memory + 1);
        memory[1] = memory[2] = (nint)(delegate* unmanaged[Cdecl]<nint, void>)&Destroy;
        memory[1 + Supports] = third;
        memory[1 + Traits] = fourth;
        return (nint)memory;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(nint self)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte SupportsOp(nint self, nint device, GgmlTensor* op) =>
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nint, GgmlTensor*, byte>)(*(nint**)s_behind)[Supports])(s_behind, device, op);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint TraitsOf(nint self, GgmlTensor* op) =>
        op->Op == GgmlNumbers.FlashAttnExt && Width != VectorWidth.None && Fits(op)
            ? s_traits
            : ((delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, GgmlTensor*, nint>)(*(nint**)s_behind)[Traits])(s_behind, op);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte WorkSize(nint self, int threads, GgmlTensor* op, nuint* size)
    {
        *size = WorkCut.WorkSize(op, threads, (int)Width / (8 * sizeof(float)));
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte Compute(nint self, ComputeParams* call, GgmlTensor* op)
    {
        var done = Width switch
        {
            VectorWidth.Avx512 => AttentionOperation<Avx512Simd, Vector512<float>>.Compute(call, op),
            VectorWidth.Avx2 => AttentionOperation<Avx2Simd, Vector256<float>>.Compute(call, op),
            _ => false,
        };
        if (done && call->Thread == 0)
        {
            Computed++;
        }

        return done ? (byte)1 : (byte)0;
    }
}
