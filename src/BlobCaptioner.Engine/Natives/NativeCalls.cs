using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Native;

[assembly: DisableRuntimeMarshalling]

namespace BlobCaptioner.Engine.Natives;

/// <summary>
/// Functions of llama.cpp's C API that LLamaSharp does not expose, named as there: decoding embeddings with four positions each (LLamaSharp's own batch of embeddings has one), the encode step
/// alone, positions, and tokenizing a picture. C <c>bool</c> is a byte. Resolved to the libraries that <see cref="NativeLibraries"/> has loaded.
/// </summary>
internal static unsafe partial class NativeCalls
{
    /// <summary>GGML_BACKEND_DEVICE_TYPE_GPU</summary>
    public const int GpuDevice = 1;

    /// <summary>MTMD_INPUT_CHUNK_TYPE_TEXT</summary>
    public const int TextChunk = 0;

    /// <summary>MTMD_INPUT_CHUNK_TYPE_IMAGE</summary>
    public const int ImageChunk = 1;

    private const string Llama = "llama";
    private const string Mtmd = "mtmd";
    private const string Ggml = "ggml";
    private const string GgmlBase = "ggml-base";

    static NativeCalls() => NativeLibrary.SetDllImportResolver(typeof(NativeCalls).Assembly, (name, _, _) => NativeLibraries.HandleOf(name));

    [LibraryImport(GgmlBase)]
    public static partial byte* ggml_version();

    /// <summary>The first device of a type; 0 without one.</summary>
    [LibraryImport(Ggml)]
    public static partial nint ggml_backend_dev_by_type(int type);

    [LibraryImport(GgmlBase)]
    public static partial byte* ggml_backend_dev_description(nint device);

    /// <summary>A device's memory, bytes.</summary>
    [LibraryImport(GgmlBase)]
    public static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    [LibraryImport(Llama)]
    public static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(Llama)]
    public static partial int llama_decode(SafeLLamaContextHandle context, LLamaNativeBatch batch);

    /// <summary>Floats of one image token: the embedding's width, once more for each deepstack layer.</summary>
    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd_inp(SafeLlamaModelHandle model);

    /// <summary>Null, where LLamaSharp's <c>GetLogitsIth</c> throws.</summary>
    [LibraryImport(Llama)]
    public static partial float* llama_get_logits_ith(SafeLLamaContextHandle context, int index);

    [LibraryImport(Llama)]
    public static partial nint llama_get_memory(SafeLLamaContextHandle context);

    /// <summary>0 if a part can't be forgotten, which LLamaSharp's <c>MemorySequenceRemove</c> drops.</summary>
    [LibraryImport(Llama)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int to);

    /// <summary>LLamaSharp takes llama.cpp's log lines only; libmtmd would write its own to stderr, some hundred a start.</summary>
    [LibraryImport(Mtmd)]
    public static partial void mtmd_helper_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    /// <summary>LLamaSharp's own passes no chunk, and libmtmd then reads invalid memory.</summary>
    [LibraryImport(Mtmd)]
    public static partial byte mtmd_decode_use_non_causal(SafeMtmdModelHandle context, nint chunk);

    /// <summary>Copies the pixels; without any, a placeholder of that shape.</summary>
    [LibraryImport(Mtmd)]
    public static partial nint mtmd_bitmap_init(uint width, uint height, byte* rgb);

    [LibraryImport(Mtmd)]
    public static partial void mtmd_bitmap_free(nint bitmap);

    /// <summary>LLamaSharp 0.30.0's counts the terminating zero as text: a junk token behind each picture.</summary>
    [LibraryImport(Mtmd)]
    public static partial int mtmd_tokenize(SafeMtmdModelHandle context, nint chunks, MtmdInputText* text, nint* bitmaps, nuint count);

    [LibraryImport(Mtmd)]
    public static partial nint mtmd_input_chunks_init();

    [LibraryImport(Mtmd)]
    public static partial void mtmd_input_chunks_free(nint chunks);

    [LibraryImport(Mtmd)]
    public static partial nuint mtmd_input_chunks_size(nint chunks);

    [LibraryImport(Mtmd)]
    public static partial nint mtmd_input_chunks_get(nint chunks, nuint index);

    [LibraryImport(Mtmd)]
    public static partial int mtmd_input_chunk_get_type(nint chunk);

    [LibraryImport(Mtmd)]
    public static partial int* mtmd_input_chunk_get_tokens_text(nint chunk, nuint* count);

    [LibraryImport(Mtmd)]
    public static partial nint mtmd_input_chunk_get_tokens_image(nint chunk);

    [LibraryImport(Mtmd)]
    public static partial nuint mtmd_input_chunk_get_n_tokens(nint chunk);

    [LibraryImport(Mtmd)]
    public static partial int mtmd_input_chunk_get_n_pos(nint chunk);

    [LibraryImport(Mtmd)]
    public static partial int mtmd_encode_chunk(SafeMtmdModelHandle context, nint chunk);

    [LibraryImport(Mtmd)]
    public static partial float* mtmd_get_output_embd(SafeMtmdModelHandle context);

    [LibraryImport(Mtmd)]
    public static partial void mtmd_helper_image_get_decoder_pos(nint imageTokens, int pos0, MtmdDecoderPos* positions);

    /// <summary>Text of a UTF-8 string that a library owns.</summary>
    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}

/// <summary><c>struct mtmd_input_text</c> of llama.cpp b10221: 24 bytes on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MtmdInputText
{
    public byte* Text;
    public nuint Length;
    public byte AddSpecial;
    public byte ParseSpecial;
}

/// <summary><c>struct mtmd_decoder_pos</c> of llama.cpp b10221: where one image token stands. Mind the order: t, x, y, z.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MtmdDecoderPos
{
    public uint T;
    public uint X;
    public uint Y;
    public uint Z;

    /// <summary>Positions of n image tokens as llama.cpp's batches want them: four planes of n, in the order t, y, x, z.</summary>
    public static int[] ToPlanes(ReadOnlySpan<MtmdDecoderPos> positions)
    {
        var tokens = positions.Length;
        var planes = new int[tokens * 4];
        for (var i = 0; i < tokens; i++)
        {
            planes[i] = (int)positions[i].T;
            planes[tokens + i] = (int)positions[i].Y;
            planes[(2 * tokens) + i] = (int)positions[i].X;
            planes[(3 * tokens) + i] = (int)positions[i].Z;
        }

        return planes;
    }
}
