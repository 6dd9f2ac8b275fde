using System.Runtime.CompilerServices;
using BlobCaptioner.Inference;
using LLama.Native;

namespace BlobCaptioner.Engine.Natives;

/// <summary>
/// Checks that the loaded libraries are the version whose structs LLamaSharp declares. A wrong layout would otherwise show as wrong settings or a crash. The libraries' default
/// values serve as probes: each must lie where the layout says.
/// </summary>
internal static class NativeAbi
{
    /// <summary>The llama.cpp that LLamaSharp 0.30.0 was made for.</summary>
    public const string Version = "llama.cpp b10221 (ggml 0.18.0)";

    private const string GgmlVersion = "0.18.0";

    /// <summary>Throws unless the version is <see cref="Version"/>.</summary>
    /// <param name="ggml">The result of <c>ggml_version</c>.</param>
    /// <param name="folder">Where the libraries came from, for the message.</param>
    /// <exception cref="SequenceDecoderException">It is another version.</exception>
    public static void CheckVersion(string ggml, string folder)
    {
        if (!string.Equals(ggml, GgmlVersion, StringComparison.Ordinal))
        {
            throw new SequenceDecoderException(
                $"The libraries in '{folder}' are of ggml {ggml}; {NativeLibraries.Engine} needs {Version}. Use libraries of that version: the package's, or a build of your own ({NativeLibraries.FolderVariable}).");
        }
    }

    /// <summary>Throws unless the structs lie as LLamaSharp declares them. LLamaSharp must have loaded its libraries.</summary>
    /// <param name="folder">As for <see cref="CheckVersion"/>.</param>
    /// <exception cref="SequenceDecoderException">A field lies elsewhere.</exception>
    public static void CheckLayouts(string folder)
    {
        if ((FaultIn(LLamaModelParams.Default()) ?? FaultIn(LLamaContextParams.Default()) ?? FaultIn(MtmdContextParams.Default())) is { } fault)
        {
            throw new SequenceDecoderException(
                $"The libraries in '{folder}' lay out {fault} differently from {NativeLibraries.Engine}. " +
                $"Use libllama, libmtmd and libggml of one build of {Version}: the package's, or your own ({NativeLibraries.FolderVariable}).");
        }
    }

    /// <summary>Null, or the name of the field that does not hold its default.</summary>
    internal static unsafe string? FaultIn(LLamaModelParams p) => FirstFault("llama_model_params",
        ("n_gpu_layers", p.n_gpu_layers == -1), ("split_mode", (int)p.split_mode == 1), ("main_gpu", p.main_gpu == 0), ("kv_overrides", p.kv_overrides == null),
        ("vocab_only", !p.vocab_only), ("use_extra_bufts", p.use_extra_bufts), ("load_mtp", !p.load_mtp));

    /// <inheritdoc cref="FaultIn(LLamaModelParams)"/>
    internal static string? FaultIn(LLamaContextParams p) => FirstFault("llama_context_params",
        ("n_ctx", p.n_ctx == 512), ("n_batch", p.n_batch == 2048), ("n_ubatch", p.n_ubatch == 512), ("n_seq_max", p.n_seq_max == 1),
        ("n_threads", p.n_threads == 4), ("n_threads_batch", p.n_threads_batch == 4), ("rope_scaling_type", (int)p.rope_scaling_type == -1),
        ("pooling_type", (int)p.llama_pooling_type == -1), ("attention_type", (int)p.attention_type == -1), ("flash_attn_type", (int)p.llama_flash_attn_type == -1),
        ("yarn_ext_factor", IsMinusOne(p.yarn_ext_factor)), ("defrag_thold", IsMinusOne(p.defrag_threshold)),
        ("type_k", (int)p.type_k == 1), ("type_v", (int)p.type_v == 1), ("abort_callback", p.abort_callback == 0),
        ("offload_kqv", p.offload_kqv), ("no_perf", p.no_perf), ("swa_full", p.swa_full), ("kv_unified", !p.kv_unified),
        ("samplers", p.samplers == 0), ("ctx_other", p.ctx_other == 0));

    /// <inheritdoc cref="FaultIn(LLamaModelParams)"/>
    internal static string? FaultIn(MtmdContextParams p) => FirstFault("mtmd_context_params",
        ("use_gpu", p.UseGpu), ("print_timings", p.PrintTimings), ("n_threads", p.NThreads == 4), ("image_marker", p.ImageMarker is null),
        ("flash_attn_type", (int)p.FlashAttentionType == -1), ("warmup", p.Warmup), ("image_min_tokens", p.ImageMinTokens == -1),
        ("image_max_tokens", p.ImageMaxTokens == -1), ("batch_max_tokens", p.BatchMaxTokens == 1024));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMinusOne(float value) => BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(-1f);

    private static string? FirstFault(string type, params ReadOnlySpan<(string Field, bool Holds)> probes)
    {
        foreach (var (field, holds) in probes)
        {
            if (!holds)
            {
                return $"{type}.{field}";
            }
        }

        return null;
    }
}
