using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A <c>llama_context</c> by P/Invoke.</summary>
internal sealed unsafe class LlamaContext : INativeContext
{
    // LLAMA_FLASH_ATTN_TYPE_DISABLED
    private const int FlashAttentionDisabled = 0;

    // LLAMA_FLASH_ATTN_TYPE_ENABLED
    private const int FlashAttentionEnabled = 1;

    private readonly ContextHandle _context;
    private readonly nint _memory;
    private readonly ProcessorShare _share;
    private int _threads;

    /// <param name="model">The language model.</param>
    /// <param name="options">Its limits.</param>
    /// <param name="abort">Ends a step.</param>
    /// <param name="share">Says how many threads a step may use.</param>
    /// <exception cref="SequenceDecoderException">llama.cpp refuses, mostly for want of memory.</exception>
    public LlamaContext(ModelHandle model, LlamaCppOptions options, AbortFlag abort, ProcessorShare share)
    {
        _share = share;
        _threads = share.DecodeThreads;
        var parameters = LlamaNative.llama_context_default_params();
        parameters.ContextTokens = (uint)options.ContextTokens;
        parameters.BatchTokens = (uint)options.BatchTokens;
        parameters.MicroBatchTokens = (uint)Math.Min(options.BatchTokens, SequenceContext.MicroBatchTokens);
        parameters.MaxSequences = (uint)options.MaxSequences;
        parameters.Threads = _threads;
        parameters.BatchThreads = parameters.Threads;
        parameters.TypeK = (int)options.CacheType;
        parameters.TypeV = (int)options.CacheType;
        parameters.MaxOutputs = (uint)StepLimits.MostLogits(options.BatchTokens, options.MaxSequences);
        parameters.NoPerf = 1;

        // Measured without this project's kernel: attention takes 39 % of a small model's time by ggml's flash attention, which goes from cell to cell, 20 % by matrix products.
        var isSlow = LlamaCppOptions.IsSmall(options.TextModelPath) && !NativeLoader.HasAttention && options.CacheType == KvCacheType.F16;
        if (options.FlashAttention is not null || isSlow)
        {
            parameters.FlashAttention = options.FlashAttention ?? !isSlow ? FlashAttentionEnabled : FlashAttentionDisabled;
        }

        parameters.OffloadKqv = options.GpuLayers == 0 ? (byte)0 : (byte)1;
        parameters.AbortCallback = AbortFlag.Callback;
        parameters.AbortCallbackData = abort.Data;

        // One buffer for all sequences: a forked prefix shares its cells.
        parameters.KvUnified = 1;

        NativeLog.StartErrors();
        _context = LlamaNative.llama_init_from_model(model, parameters);
        if (_context.IsInvalid)
        {
            _context.Dispose();
            throw DecodeErrors.NoContext(options, NativeLog.TakeErrors());
        }

        _context.Hold(model);
        _memory = LlamaNative.llama_get_memory(_context);
        Cells = (int)LlamaNative.llama_n_ctx(_context);
        EmbeddingWidth = LlamaNative.llama_model_n_embd_inp(model);
    }

    public int Cells { get; }

    public int EmbeddingWidth { get; }

    public int Decode(LlamaBatch batch)
    {
        if (_share.DecodeThreads is var threads && threads != _threads)
        {
            _threads = threads;
            LlamaNative.llama_set_n_threads(_context, threads, threads);
        }

        return LlamaNative.llama_decode(_context, batch);
    }

    public float* GetLogits(int index) => LlamaNative.llama_get_logits_ith(_context, index);

    public void Copy(int from, int to) => LlamaNative.llama_memory_seq_cp(_memory, from, to, -1, -1);

    public bool Remove(int sequence, int fromPosition) => LlamaNative.llama_memory_seq_rm(_memory, sequence, fromPosition, -1) != 0;

    public void Dispose() => _context.Dispose();
}
