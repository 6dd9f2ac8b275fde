using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>What llama.cpp looks at between the operations of a step, to end it. Lives as long as the context that was given it.</summary>
internal sealed unsafe class AbortFlag
{
    private readonly int[] _value = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>The C function that llama.cpp calls.</summary>
    public static nint Callback => (nint)(delegate* unmanaged[Cdecl]<void*, byte>)&IsSet;

    /// <summary>What it is to be called with.</summary>
    public nint Data => Marshal.UnsafeAddrOfPinnedArrayElement(_value, 0);

    /// <summary>Ends the step that runs, or else the next.</summary>
    public void Set() => Volatile.Write(ref _value[0], 1);

    /// <summary>Lets the next step run.</summary>
    public void Clear() => Volatile.Write(ref _value[0], 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsSet(void* flag) => Volatile.Read(ref *(int*)flag) != 0 ? (byte)1 : (byte)0;
}
