using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Decoding;
using BlobCaptioner.LlamaCpp.Interop;
using LLama.Exceptions;
using LLama.Native;

namespace BlobCaptioner.GpuWorker.Decoding;

/// <summary>LLamaSharp's context handle.</summary>
internal sealed unsafe class LLamaSharpContext : INativeContext
{
    private readonly SafeLLamaContextHandle _context;
    private readonly nint _memory;
    private readonly ProcessorShare _share;

    /// <exception cref="SequenceDecoderException">llama.cpp refuses, mostly for want of memory.</exception>
    public LLamaSharpContext(SafeLlamaModelHandle model, LlamaCppOptions options, AbortFlag abort, ProcessorShare share)
    {
        _share = share;
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)options.ContextTokens;
        parameters.n_batch = (uint)options.BatchTokens;
        parameters.n_ubatch = (uint)Math.Min(options.BatchTokens, SequenceContext.MicroBatchTokens);
        parameters.n_seq_max = (uint)options.MaxSequences;
        parameters.n_threads = share.DecodeThreads;
        parameters.n_threads_batch = share.DecodeThreads;
        parameters.type_k = (GGMLType)options.CacheType;
        parameters.type_v = (GGMLType)options.CacheType;
        parameters.llama_flash_attn_type = options.FlashAttention switch
        {
            null => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO,
            true => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED,
            false => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED,
        };
        parameters.no_perf = true;
        parameters.offload_kqv = options.GpuLayers != 0;
        parameters.abort_callback = AbortFlag.Callback;
        parameters.abort_callback_user_data = abort.Data;

        // One buffer for all sequences: a forked prefix shares its cells.
        parameters.kv_unified = true;

        NativeLog.StartErrors();
        try
        {
            _context = SafeLLamaContextHandle.Create(model, parameters);
        }
        catch (RuntimeError)
        {
            throw DecodeErrors.NoContext(options, NativeLog.TakeErrors());
        }

        if (_context.IsInvalid)
        {
            throw DecodeErrors.NoContext(options, NativeLog.TakeErrors());
        }

        _memory = NativeCalls.llama_get_memory(_context);
        Cells = (int)_context.ContextSize;
        EmbeddingWidth = NativeCalls.llama_model_n_embd_inp(model);
    }

    public int Cells { get; }

    public int EmbeddingWidth { get; }

    public int Decode(LlamaBatch batch)
    {
        if (_share.DecodeThreads is var threads && threads != _context.GenerationThreads)
        {
            _context.GenerationThreads = threads;
            _context.BatchThreads = threads;
        }

        return NativeCalls.llama_decode(_context, new LLamaNativeBatch
        {
            n_tokens = batch.TokenCount,
            tokens = (LLamaToken*)batch.Token,
            embd = batch.Embd,
            pos = (LLamaPos*)batch.Pos,
            n_seq_id = batch.SequenceCount,
            seq_id = (LLamaSeqId**)batch.SequenceIds,
            logits = (byte*)batch.Logits,
        });
    }

    public float* GetLogits(int index) => NativeCalls.llama_get_logits_ith(_context, index);

    public void Copy(int from, int to) => _context.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, -1, -1);

    public bool Remove(int sequence, int fromPosition) => NativeCalls.llama_memory_seq_rm(_memory, sequence, fromPosition, -1) != 0;

    public void Dispose() => _context.Dispose();
}
