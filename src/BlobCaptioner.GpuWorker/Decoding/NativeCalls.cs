using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.LlamaCpp.Interop;
using LLama.Native;

[assembly: DisableRuntimeMarshalling]

namespace BlobCaptioner.GpuWorker.Decoding;

/// <summary>
/// What LLamaSharp 0.28.0 keeps to itself of llama.cpp's C API and slicing needs: a decode with embeddings at four positions each (its own batch of
/// embeddings has one), the encode step alone, and the positions. Called in the very libraries that LLamaSharp has loaded.
/// </summary>
internal static unsafe partial class NativeCalls
{
    private const string Llama = "llama";
    private const string Mtmd = "mtmd";
    private const string Ggml = "ggml";
    private const string GgmlBase = "ggml-base";

    static NativeCalls() => NativeLibrary.SetDllImportResolver(typeof(NativeCalls).Assembly, Resolve);

    [LibraryImport(Llama)]
    public static partial int llama_decode(SafeLLamaContextHandle context, LLamaNativeBatch batch);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd_inp(SafeLlamaModelHandle model);

    /// <summary>Null, where LLamaSharp's <c>GetLogitsIth</c> throws.</summary>
    [LibraryImport(Llama)]
    public static partial float* llama_get_logits_ith(SafeLLamaContextHandle context, int index);

    [LibraryImport(Llama)]
    public static partial nint llama_get_memory(SafeLLamaContextHandle context);

    /// <summary>False where a part can't be forgotten, which LLamaSharp's <c>MemorySequenceRemove</c> drops.</summary>
    [LibraryImport(Llama)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int to);

    /// <summary>The first device of a kind (1 for a GPU); null without one.</summary>
    [LibraryImport(Ggml)]
    public static partial nint ggml_backend_dev_by_type(int type);

    [LibraryImport(GgmlBase)]
    public static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    /// <summary>LLamaSharp takes llama.cpp's log lines only; libmtmd would write its own to stderr, some hundred a start.</summary>
    [LibraryImport(Mtmd)]
    public static partial void mtmd_helper_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    /// <summary>LLamaSharp 0.28.0 passes no chunk, of which newer versions of libmtmd then read rubbish.</summary>
    [LibraryImport(Mtmd)]
    public static partial byte mtmd_decode_use_non_causal(SafeMtmdModelHandle context, nint chunk);

    [LibraryImport(Mtmd)]
    public static partial int mtmd_encode_chunk(SafeMtmdModelHandle context, nint chunk);

    [LibraryImport(Mtmd)]
    public static partial float* mtmd_get_output_embd(SafeMtmdModelHandle context);

    [LibraryImport(Mtmd)]
    public static partial nint mtmd_input_chunk_get_tokens_image(nint chunk);

    [LibraryImport(Mtmd)]
    public static partial void mtmd_helper_image_get_decoder_pos(nint imageTokens, int pos0, MtmdDecoderPos* positions);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name is not (Llama or Mtmd or Ggml or GgmlBase))
        {
            return 0;
        }

        using var process = Process.GetCurrentProcess();
        string[] names = [$"lib{name}.so", $"{name}.dll", $"lib{name}.dylib"];
        foreach (ProcessModule module in process.Modules)
        {
            using (module)
            {
                if (names.Contains(module.ModuleName, StringComparer.Ordinal))
                {
                    return NativeLibrary.Load(module.FileName);
                }
            }
        }

        throw new DllNotFoundException($"LLamaSharp has not loaded '{name}'. Call {nameof(LLamaSharpRuntime)}.{nameof(LLamaSharpRuntime.Load)} first.");
    }
}
