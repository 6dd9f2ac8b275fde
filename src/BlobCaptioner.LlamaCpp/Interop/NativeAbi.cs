using System.Runtime.CompilerServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>
/// Checks that the loaded libraries are the version whose structs are declared here. A wrong layout would otherwise show as
/// wrong settings or a crash. The libraries' default values serve as probes: each must lie where the layout says.
/// </summary>
internal static unsafe class NativeAbi
{
    /// <summary>The llama.cpp version whose headers the structs were taken from.</summary>
    public const string Version = "0.5.0";

    /// <summary>Throws unless version and layouts match.</summary>
    /// <param name="version">What <c>llama_version</c> returns: <c>0.5.0-dev</c>, <c>v0.5.0</c>.</param>
    /// <param name="directory">Where the libraries came from, for the message.</param>
    /// <exception cref="NativeSetupException">They don't.</exception>
    public static void Check(string version, string directory)
    {
        // The prebuilt ones call themselves 0.5.0-dev.
        if (!string.Equals(version.TrimStart('v').Split('-')[0], Version, StringComparison.Ordinal))
        {
            throw new NativeSetupException(
                $"The llama.cpp in '{directory}' is version {version}; this program was built for {Version}. "
                + $"Put libraries of v{Version} there, or unset {NativeLibraries.OverrideVariable} so that they are set up by themselves.");
        }

        var fault = FaultIn(LlamaNative.llama_model_default_params())
            ?? FaultIn(LlamaNative.llama_context_default_params())
            ?? FaultIn(MtmdNative.mtmd_context_params_default(), MtmdNative.mtmd_default_marker());
        if (fault is not null)
        {
            throw new NativeSetupException(
                $"The libraries in '{directory}' call themselves llama.cpp {version} but lay out {fault} differently. "
                + $"Take libllama, libggml and libmtmd of one build of v{Version}, or unset {NativeLibraries.OverrideVariable}.");
        }
    }

    /// <summary>Null, or the name of the field that does not hold its default.</summary>
    internal static string? FaultIn(LlamaModelParams p) => FirstFault("llama_model_params",
        ("n_gpu_layers", p.GpuLayers == -1), ("split_mode", p.SplitMode == 1), ("load_mode", p.LoadMode == -1), ("lazy_mode", p.LazyMode == 1),
        ("main_gpu", p.MainGpu == 0), ("progress_callback", p.ProgressCallback == 0), ("kv_overrides", p.KvOverrides == 0),
        ("vocab_only", p.VocabOnly == 0), ("use_extra_bufts", p.UseExtraBufts == 1), ("load_mtp", p.LoadMtp == 0));

    /// <inheritdoc cref="FaultIn(LlamaModelParams)"/>
    internal static string? FaultIn(LlamaContextParams p) => FirstFault("llama_context_params",
        ("n_ctx", p.ContextTokens == 512), ("n_batch", p.BatchTokens == 2048), ("n_ubatch", p.MicroBatchTokens == 512),
        ("n_seq_max", p.MaxSequences == 1), ("n_outputs_max_per_seq", p.MaxOutputsPerSequence == 1),
        ("n_threads", p.Threads == 4), ("n_threads_batch", p.BatchThreads == 4), ("rope_scaling_type", p.RopeScalingType == -1),
        ("pooling_type", p.PoolingType == -1), ("attention_type", p.AttentionType == -1), ("flash_attn_type", p.FlashAttention == -1),
        ("yarn_ext_factor", IsMinusOne(p.YarnExtFactor)), ("defrag_thold", IsMinusOne(p.DefragThreshold)),
        ("type_k", p.TypeK == 1), ("type_v", p.TypeV == 1), ("abort_callback", p.AbortCallback == 0),
        ("offload_kqv", p.OffloadKqv == 1), ("no_perf", p.NoPerf == 1), ("swa_full", p.SwaFull == 1), ("kv_unified", p.KvUnified == 0),
        ("samplers", p.Samplers == 0), ("ctx_other", p.OtherContext == 0));

    /// <inheritdoc cref="FaultIn(LlamaModelParams)"/>
    internal static string? FaultIn(MtmdContextParams p, byte* defaultMarker) => FirstFault("mtmd_context_params",
        ("use_gpu", p.UseGpu == 1), ("print_timings", p.PrintTimings == 1), ("n_threads", p.Threads == 4),
        ("image_marker", p.ImageMarker == 0), ("media_marker", p.MediaMarker == (nint)defaultMarker),
        ("flash_attn_type", p.FlashAttention == -1), ("warmup", p.Warmup == 1), ("image_min_tokens", p.ImageMinTokens == -1),
        ("image_max_tokens", p.ImageMaxTokens == -1), ("batch_max_tokens", p.BatchMaxTokens == 1024),
        ("progress_callback", p.ProgressCallback == 0));

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
