using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>This project's attention kernel in ggml's CPU backend. It is pinned to one version of ggml and checked against ggml's own results. Where anything differs, ggml computes.</summary>
internal static unsafe class AttentionKernel
{
    /// <summary>ggml of llama.cpp b10221, which LLamaSharp.Backend.Cpu 0.30.0 carries.</summary>
    public const string GgmlVersion = "0.18.0";

    private static readonly Lock Gate = new();
    private static AttentionStatus? s_status;

    public static bool IsInPlace => s_status is { IsInPlace: true };

    /// <summary>The widest registers that this processor has without slowing down for them.</summary>
    public static VectorWidth BestWidth => Avx512Simd.IsSupported ? VectorWidth.Avx512 : Avx2Simd.IsSupported ? VectorWidth.Avx2 : VectorWidth.None;

    /// <summary>
    /// Decides, once a process, whether the kernel or ggml computes. To be called after ggml's libraries are loaded and before any model is. Each thread of an operation asks separately, so
    /// nothing may compute meanwhile.
    /// </summary>
    /// <remarks>The check takes about 50 ms of one core, nearly all of it for compiling the kernel, which the first operation would pay for otherwise.</remarks>
    /// <param name="ggml">The handle of libggml, from which libggml-cpu is found.</param>
    /// <param name="ggmlBase">The handle of libggml-base.</param>
    /// <param name="isWanted">False leaves everything to ggml, for as long as the process lives.</param>
    public static AttentionStatus Install(nint ggml, nint ggmlBase, bool isWanted = true)
    {
        lock (Gate)
        {
            return s_status ??= (isWanted ? WhyNot(ggml, ggmlBase) : "the kernel was not asked for") is { } reason
                ? new AttentionStatus { IsInPlace = false, Text = $"ggml's attention computes: {reason}" }
                : new AttentionStatus { IsInPlace = true, Text = $"The attention kernel is in place with {(BestWidth == VectorWidth.Avx512 ? "AVX-512" : "AVX2")}" };
        }
    }

    /// <summary>Puts the kernel in place, or says why it isn't.</summary>
    internal static string? WhyNot(nint ggml, nint ggmlBase)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return $"the kernel is for Linux on x64, and this is {RuntimeInformation.RuntimeIdentifier}";
        }

        if (BestWidth == VectorWidth.None)
        {
            return "the kernel needs AVX2 and FMA, which this processor or DOTNET_EnableAVX2 lacks";
        }

        var api = new Ggml(ggml, ggmlBase);
        if (api.Missing.Count > 0)
        {
            return $"the loaded ggml has no '{api.Missing[0]}'";
        }

        if (Marshal.PtrToStringUTF8((nint)api.Version()) is var version && version != GgmlVersion)
        {
            return $"the loaded ggml is {version}, and the kernel is for {GgmlVersion}";
        }

        if (Marshal.PtrToStringUTF8((nint)api.OpName(GgmlNumbers.FlashAttnExt)) is var name && name != "FLASH_ATTN_EXT")
        {
            return $"operation {GgmlNumbers.FlashAttnExt} of the loaded ggml is {name} and not FLASH_ATTN_EXT";
        }

        return AttentionCheck.DifferenceOfLayout(api) ?? (FindPlace(api) is var place && place == null
            ? "the loaded ggml has no place for it among its buffer types"
            : AttentionCheck.PutAndCompare(api, place, BestWidth));
    }

    /// <summary>Where ggml keeps the object that repacks weights, which every build of ggml-cpu has.</summary>
    internal static nint* FindPlace(Ggml ggml)
    {
        var device = ggml.DeviceByType(GgmlNumbers.DeviceCpu);
        if (device == 0)
        {
            return null;
        }

        delegate* unmanaged[Cdecl]<nint, BufferType**> extras;
        fixed (byte* name = "ggml_backend_dev_get_extra_bufts\0"u8)
        {
            extras = (delegate* unmanaged[Cdecl]<nint, BufferType**>)ggml.ProcAddress(ggml.RegistryOf(device), name);
        }

        for (var type = extras == null ? null : extras(device); type != null && *type != null; type++)
        {
            if ((*type)->Device == device && (*type)->Context != 0 && *(nint*)(*type)->Context == ggml.Repack + (2 * sizeof(nint)))
            {
                return &(*type)->Context;
            }
        }

        return null;
    }
}

/// <summary>Whether the attention kernel is in place.</summary>
internal sealed record AttentionStatus
{
    public required bool IsInPlace { get; init; }

    /// <summary>One sentence, without a full stop: with which instructions, or why not.</summary>
    public required string Text { get; init; }
}

/// <summary>Bits of the registers that the kernel computes with.</summary>
internal enum VectorWidth
{
    /// <summary>ggml computes.</summary>
    None = 0,
    Avx2 = 256,
    Avx512 = 512,
}
