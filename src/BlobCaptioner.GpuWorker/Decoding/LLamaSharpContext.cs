using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Decoding;
using BlobCaptioner.LlamaCpp.Interop;
using LLama.Exceptions;
using LLama.Native;

namespace BlobCaptioner.GpuWorker.Decoding;

/// <summary>LLamaSharp's context handle with its KV cache: decode steps, logits, and what each sequence holds.</summary>
internal sealed unsafe class LLamaSharpContext : IDisposable
{
    private const int MicroBatchTokens = 512;

    private readonly SafeLLamaContextHandle _context;
    private readonly BatchBuffers _buffers;
    private readonly StepLimits _limits;
    private readonly int[] _abort = GC.AllocateArray<int>(1, pinned: true);
    private readonly nint _memory;
    private readonly Lock _gate = new();
    private volatile bool _disposed;

    /// <exception cref="SequenceDecoderException">llama.cpp refuses, mostly for want of memory.</exception>
    public LLamaSharpContext(SafeLlamaModelHandle model, LlamaCppOptions options, int vocabularySize, bool positionPlanes)
    {
        _limits = new(options.BatchTokens, options.MaxSequences, vocabularySize);
        var threads = options.Threads ?? LlamaCppOptions.ThreadsFor(options.TextModelPath);
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)options.ContextTokens;
        parameters.n_batch = (uint)options.BatchTokens;
        parameters.n_ubatch = (uint)Math.Min(options.BatchTokens, MicroBatchTokens);
        parameters.n_seq_max = (uint)options.MaxSequences;
        parameters.n_threads = threads;
        parameters.n_threads_batch = threads;
        parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO;
        parameters.no_perf = true;
        parameters.offload_kqv = options.GpuLayers != 0;
        parameters.abort_callback = (nint)(delegate* unmanaged[Cdecl]<void*, byte>)&IsAborted;
        parameters.abort_callback_user_data = Marshal.UnsafeAddrOfPinnedArrayElement(_abort, 0);

        // One buffer for all sequences: a forked prefix shares its cells.
        parameters.kv_unified = true;

        NativeLog.StartErrors();
        try
        {
            _context = SafeLLamaContextHandle.Create(model, parameters);
        }
        catch (RuntimeError error)
        {
            throw NoContext(options, error);
        }

        if (_context.IsInvalid)
        {
            throw NoContext(options, null);
        }

        _memory = NativeCalls.llama_get_memory(_context);
        Cells = (int)_context.ContextSize;
        _buffers = new BatchBuffers(options.BatchTokens, NativeCalls.llama_model_n_embd_inp(model), positionPlanes);
    }

    /// <summary>KV cache cells: the tokens asked for, rounded up by llama.cpp.</summary>
    public int Cells { get; }

    /// <summary>See <see cref="ISequenceDecoder.Decode"/>.</summary>
    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens)
    {
        _limits.Require(tokens);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Run(_buffers.Fill(tokens));
        }
    }

    /// <summary>See <see cref="ISequenceDecoder.DecodeImages"/>.</summary>
    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices)
    {
        var total = _limits.Require(slices);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Run(_buffers.Fill(slices, total));
        }
    }

    /// <summary>See <see cref="ISequenceDecoder.GetLogits"/>.</summary>
    public ReadOnlySpan<float> GetLogits(int index)
    {
        NativeLog.StartErrors();
        var logits = index < 0 ? null : NativeCalls.llama_get_logits_ith(_context, index);
        return logits != null
            ? new(logits, _limits.VocabularySize)
            : throw new InvalidOperationException($"The last step has no logits at index {index}. Set {nameof(TokenEntry.WantLogits)} on that token. {NativeLog.TakeErrors()}");
    }

    /// <summary>See <see cref="ISequenceDecoder.Fork"/>.</summary>
    public void Fork(int from, int to)
    {
        _limits.RequireSequence(from);
        _limits.RequireSequence(to);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _context.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, -1, -1);
        }
    }

    /// <summary>See <see cref="ISequenceDecoder.Remove"/>.</summary>
    public void Remove(int sequence, int fromPosition)
    {
        _limits.RequireSequence(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(fromPosition);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (NativeCalls.llama_memory_seq_rm(_memory, sequence, fromPosition, -1) == 0)
            {
                throw new SequenceDecoderException($"This model can't forget a part of sequence {sequence} (from position {fromPosition}); remove all of it.");
            }
        }
    }

    /// <summary>Ends the step that runs, or else the next.</summary>
    public void Abort() => Volatile.Write(ref _abort[0], 1);

    public void Dispose()
    {
        Abort();
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _context.Dispose();
            _buffers.Dispose();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsAborted(void* flag) => Volatile.Read(ref *(int*)flag) != 0 ? (byte)1 : (byte)0;

    private static SequenceDecoderException NoContext(LlamaCppOptions options, Exception? error) => new(
        $"llama.cpp could not make a context of {options.ContextTokens:N0} tokens for '{options.TextModelPath}': {NativeLog.TakeErrors()} "
        + "Lower Engine__ContextTokens or Engine__Slots, or free memory.",
        error!);

    private DecodeStatus Run(LlamaBatch batch)
    {
        NativeLog.StartErrors();
        var rc = NativeCalls.llama_decode(_context, new LLamaNativeBatch
        {
            n_tokens = batch.TokenCount,
            tokens = (LLamaToken*)batch.Token,
            embd = batch.Embd,
            pos = (LLamaPos*)batch.Pos,
            n_seq_id = batch.SequenceCount,
            seq_id = (LLamaSeqId**)batch.SequenceIds,
            logits = (byte*)batch.Logits,
        });
        switch (rc)
        {
            case 0:
                return DecodeStatus.Ok;
            case 1:
                return DecodeStatus.NoRoom;
            case 2:
                Volatile.Write(ref _abort[0], 0);
                return DecodeStatus.Aborted;
            default:
                throw DecodeErrors.Failed(batch.TokenCount, rc, NativeLog.TakeErrors());
        }
    }
}
