using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>The functions of libmtmd that are used, named as in tools/mtmd/mtmd.h v0.5.0. C <c>bool</c> is a byte here.</summary>
internal static unsafe partial class MtmdNative
{
    public const string Library = "mtmd";

    /// <summary><c>MTMD_INPUT_CHUNK_TYPE_TEXT</c>.</summary>
    public const int TextChunk = 0;

    /// <summary><c>MTMD_INPUT_CHUNK_TYPE_IMAGE</c>.</summary>
    public const int ImageChunk = 1;

    /// <summary>Sets the callback of <c>mtmd_log_set</c> too.</summary>
    [LibraryImport(Library)]
    public static partial void mtmd_helper_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(Library)]
    public static partial byte* mtmd_default_marker();

    [LibraryImport(Library)]
    public static partial MtmdContextParams mtmd_context_params_default();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial MtmdHandle mtmd_init_from_file(string path, ModelHandle model, MtmdContextParams parameters);

    [LibraryImport(Library)]
    public static partial void mtmd_free(nint context);

    [LibraryImport(Library)]
    public static partial byte mtmd_support_vision(MtmdHandle context);

    [LibraryImport(Library)]
    public static partial byte mtmd_decode_use_mrope(MtmdHandle context);

    [LibraryImport(Library)]
    public static partial byte mtmd_decode_use_non_causal(MtmdHandle context, nint chunk);

    [LibraryImport(Library)]
    public static partial BitmapHandle mtmd_bitmap_init(uint width, uint height, byte* rgb);

    [LibraryImport(Library)]
    public static partial void mtmd_bitmap_free(nint bitmap);

    [LibraryImport(Library)]
    public static partial ChunksHandle mtmd_input_chunks_init();

    [LibraryImport(Library)]
    public static partial void mtmd_input_chunks_free(nint chunks);

    [LibraryImport(Library)]
    public static partial nuint mtmd_input_chunks_size(ChunksHandle chunks);

    [LibraryImport(Library)]
    public static partial nint mtmd_input_chunks_get(ChunksHandle chunks, nuint index);

    [LibraryImport(Library)]
    public static partial int mtmd_input_chunk_get_type(nint chunk);

    [LibraryImport(Library)]
    public static partial int* mtmd_input_chunk_get_tokens_text(nint chunk, nuint* count);

    [LibraryImport(Library)]
    public static partial nint mtmd_input_chunk_get_tokens_image(nint chunk);

    [LibraryImport(Library)]
    public static partial nuint mtmd_input_chunk_get_n_tokens(nint chunk);

    [LibraryImport(Library)]
    public static partial int mtmd_input_chunk_get_n_pos(nint chunk);

    [LibraryImport(Library)]
    public static partial int mtmd_tokenize(MtmdHandle context, ChunksHandle output, MtmdInputText* text, nint* bitmaps, nuint bitmapCount);

    [LibraryImport(Library)]
    public static partial int mtmd_encode_chunk(MtmdHandle context, nint chunk);

    [LibraryImport(Library)]
    public static partial float* mtmd_get_output_embd(MtmdHandle context);

    [LibraryImport(Library)]
    public static partial void mtmd_helper_image_get_decoder_pos(nint imageTokens, int pos0, MtmdDecoderPos* positions);
}
