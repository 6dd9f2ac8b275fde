using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using LLama.Exceptions;
using LLama.Native;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>LLamaSharp's context handle with its KV cache: decode steps, logits, and what each sequence holds.</summary>
internal sealed unsafe class SequenceContext : IDisposable
{
    /// <summary>Tokens that llama.cpp computes at once (n_ubatch), its default. Larger steps are cut into such pieces.</summary>
    public const int MicroBatchTokens = 512;

    private readonly AbortFlag _abort = new();
    private readonly SafeLLamaContextHandle _context;
    private readonly nint _memory;
    private readonly BatchBuffers _buffers;
    private readonly StepLimits _limits;
    private readonly ProcessorShare _share;
    private readonly Lock _gate = new();
    private volatile bool _disposed;

    /// <param name="model">The language model.</param>
    /// <param name="options">Its limits.</param>
    /// <param name="limits">Limits of a step.</param>
    /// <param name="share">Gives the number of threads for a step.</param>
    /// <param name="positionPlanes">True for four positions an image token (M-RoPE).</param>
    /// <exception cref="SequenceDecoderException">llama.cpp makes no context, mostly for lack of memory.</exception>
    public SequenceContext(SafeLlamaModelHandle model, DecoderOptions options, StepLimits limits, ProcessorShare share, bool positionPlanes)
    {
        _limits = limits;
        _share = share;
        NativeLog.StartErrors();
        try
        {
            _context = SafeLLamaContextHandle.Create(model, Parameters(options, limits, share));
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
        _buffers = new BatchBuffers(limits.BatchTokens, NativeCalls.llama_model_n_embd_inp(model), positionPlanes);
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

    // Not under the gate: the step that runs holds it.
    public void Abort() => _abort.Set();

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

    private LLamaContextParams Parameters(DecoderOptions options, StepLimits limits, ProcessorShare share)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)options.ContextTokens;
        parameters.n_batch = (uint)options.BatchTokens;
        parameters.n_ubatch = (uint)Math.Min(options.BatchTokens, MicroBatchTokens);
        parameters.n_seq_max = (uint)options.MaxSequences;
        parameters.n_outputs_max = (uint)StepLimits.MostLogits(limits.BatchTokens, limits.MaxSequences);
        parameters.n_threads = share.DecodeThreads;
        parameters.n_threads_batch = share.DecodeThreads;
        parameters.type_k = (GGMLType)options.CacheType;
        parameters.type_v = (GGMLType)options.CacheType;
        parameters.llama_flash_attn_type = FlashAttentionChoice.ForText(options);
        parameters.no_perf = true;
        parameters.offload_kqv = options.GpuLayers != 0;
        parameters.abort_callback = AbortFlag.Callback;
        parameters.abort_callback_user_data = _abort.Data;

        // One buffer for all sequences: a forked prefix shares its cells.
        parameters.kv_unified = true;
        return parameters;
    }

    private DecodeStatus Run(LLamaNativeBatch batch)
    {
        if (_share.DecodeThreads is var threads && threads != _context.GenerationThreads)
        {
            _context.GenerationThreads = threads;
            _context.BatchThreads = threads;
        }

        NativeLog.StartErrors();
        var rc = NativeCalls.llama_decode(_context, batch);
        switch (rc)
        {
            case 0:
                return DecodeStatus.Ok;
            case 1:
                return DecodeStatus.NoRoom;
            case 2:
                _abort.Clear();
                return DecodeStatus.Aborted;
            default:
                throw DecodeErrors.Failed(batch.n_tokens, rc, NativeLog.TakeErrors());
        }
    }
}

/// <summary>The flag that llama.cpp reads between the operations of a step and that ends it. Must live as long as its context.</summary>
internal sealed unsafe class AbortFlag
{
    private readonly int[] _value = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>The C function for llama.cpp.</summary>
    public static nint Callback => (nint)(delegate* unmanaged[Cdecl]<void*, byte>)&IsSet;

    /// <summary>The argument of <see cref="Callback"/>.</summary>
    public nint Data => Marshal.UnsafeAddrOfPinnedArrayElement(_value, 0);

    /// <summary>Ends the step that runs, or else the next one.</summary>
    public void Set() => Volatile.Write(ref _value[0], 1);

    /// <summary>Lets the next step run.</summary>
    public void Clear() => Volatile.Write(ref _value[0], 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsSet(void* flag) => Volatile.Read(ref *(int*)flag) != 0 ? (byte)1 : (byte)0;
}
