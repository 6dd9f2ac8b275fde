using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>
/// The functions of libllama and libggml that are used, named as in include/llama.h v0.5.0. C <c>bool</c> is a byte here.
/// </summary>
internal static unsafe partial class LlamaNative
{
    public const string Library = "llama";
    public const string GgmlLibrary = "ggml";

    [LibraryImport(GgmlLibrary, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void ggml_backend_load_all_from_path(string directory);

    [LibraryImport(GgmlLibrary)]
    public static partial nuint ggml_backend_reg_count();

    /// <summary>GGML_BACKEND_DEVICE_TYPE_GPU</summary>
    public const int GpuDevice = 1;

    /// <summary>The first device of a type; 0 where there is none.</summary>
    [LibraryImport(GgmlLibrary)]
    public static partial nint ggml_backend_dev_by_type(int type);

    /// <summary>A device's memory, bytes. From libggml-base, which libggml brings with it.</summary>
    [LibraryImport(GgmlLibrary)]
    public static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    /// <summary>1 where a GPU backend was loaded.</summary>
    [LibraryImport(Library)]
    public static partial byte llama_supports_gpu_offload();

    /// <summary>Threads of the next steps: for one token, and for more.</summary>
    [LibraryImport(Library)]
    public static partial void llama_set_n_threads(ContextHandle context, int threads, int batchThreads);

    [LibraryImport(Library)]
    public static partial void llama_backend_init();

    [LibraryImport(Library)]
    public static partial byte* llama_version();

    [LibraryImport(Library)]
    public static partial byte* llama_print_system_info();

    [LibraryImport(Library)]
    public static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(Library)]
    public static partial LlamaModelParams llama_model_default_params();

    [LibraryImport(Library)]
    public static partial LlamaContextParams llama_context_default_params();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ModelHandle llama_model_load_from_file(string path, LlamaModelParams parameters);

    [LibraryImport(Library)]
    public static partial void llama_model_free(nint model);

    [LibraryImport(Library)]
    public static partial ContextHandle llama_init_from_model(ModelHandle model, LlamaContextParams parameters);

    [LibraryImport(Library)]
    public static partial void llama_free(nint context);

    [LibraryImport(Library)]
    public static partial nint llama_model_get_vocab(ModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_embd_inp(ModelHandle model);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int llama_model_meta_val_str(ModelHandle model, string key, byte* buffer, nuint size);

    [LibraryImport(Library)]
    public static partial byte* llama_model_chat_template(ModelHandle model, byte* name);

    [LibraryImport(Library)]
    public static partial int llama_chat_apply_template(byte* template, LlamaChatMessage* chat, nuint count, byte addAssistant, byte* buffer, int length);

    [LibraryImport(Library)]
    public static partial int llama_vocab_n_tokens(nint vocab);

    [LibraryImport(Library)]
    public static partial byte llama_vocab_is_eog(nint vocab, int token);

    [LibraryImport(Library)]
    public static partial int llama_tokenize(nint vocab, byte* text, int length, int* tokens, int capacity, byte addSpecial, byte parseSpecial);

    [LibraryImport(Library)]
    public static partial int llama_token_to_piece(nint vocab, int token, byte* buffer, int length, int lstrip, byte special);

    [LibraryImport(Library)]
    public static partial uint llama_n_ctx(ContextHandle context);

    [LibraryImport(Library)]
    public static partial nint llama_get_memory(ContextHandle context);

    [LibraryImport(Library)]
    public static partial void llama_memory_seq_cp(nint memory, int from, int to, int p0, int p1);

    [LibraryImport(Library)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int p0, int p1);

    [LibraryImport(Library)]
    public static partial int llama_memory_seq_pos_max(nint memory, int sequence);

    [LibraryImport(Library)]
    public static partial int llama_decode(ContextHandle context, LlamaBatch batch);

    [LibraryImport(Library)]
    public static partial void llama_synchronize(ContextHandle context);

    [LibraryImport(Library)]
    public static partial float* llama_get_logits_ith(ContextHandle context, int index);

    /// <summary>Text of a UTF-8 string that the library owns.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
