using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A <c>llama_context</c> with its KV cache: decode steps, logits, and what each sequence holds.</summary>
internal sealed unsafe class SequenceContext : IDisposable
{
    // What llama.cpp computes at once (n_ubatch); larger steps are cut into such pieces. Its default.
    private const int MicroBatchTokens = 512;

    private readonly ContextHandle _context;
    private readonly BatchBuffers _buffers;
    private readonly int[] _abort = GC.AllocateArray<int>(1, pinned: true);
    private readonly nint _memory;
    private readonly StepLimits _limits;
    private readonly Lock _gate = new();
    private volatile bool _disposed;

    /// <exception cref="SequenceDecoderException">llama.cpp refuses, mostly for want of memory.</exception>
    public SequenceContext(ModelHandle model, LlamaCppOptions options, int vocabularySize, bool positionPlanes)
    {
        _limits = new(options.BatchTokens, options.MaxSequences, vocabularySize);
        var parameters = LlamaNative.llama_context_default_params();
        parameters.ContextTokens = (uint)options.ContextTokens;
        parameters.BatchTokens = (uint)options.BatchTokens;
        parameters.MicroBatchTokens = (uint)Math.Min(options.BatchTokens, MicroBatchTokens);
        parameters.MaxSequences = (uint)options.MaxSequences;
        parameters.Threads = options.Threads ?? LlamaCppOptions.ThreadsFor(options.TextModelPath);
        parameters.BatchThreads = parameters.Threads;
        parameters.NoPerf = 1;
        parameters.OffloadKqv = options.GpuLayers == 0 ? (byte)0 : (byte)1;
        parameters.AbortCallback = (nint)(delegate* unmanaged[Cdecl]<void*, byte>)&IsAborted;
        parameters.AbortCallbackData = Marshal.UnsafeAddrOfPinnedArrayElement(_abort, 0);

        // One buffer for all sequences: a forked prefix shares its cells.
        parameters.KvUnified = 1;

        NativeLog.StartErrors();
        _context = LlamaNative.llama_init_from_model(model, parameters);
        if (_context.IsInvalid)
        {
            _context.Dispose();
            throw new SequenceDecoderException(
                $"llama.cpp could not make a context of {options.ContextTokens:N0} tokens for '{options.TextModelPath}': {NativeLog.TakeErrors()} Lower ContextTokens or free memory.");
        }

        _context.Hold(model);
        _memory = LlamaNative.llama_get_memory(_context);
        Cells = (int)LlamaNative.llama_n_ctx(_context);
        _buffers = new BatchBuffers(options.BatchTokens, LlamaNative.llama_model_n_embd_inp(model), positionPlanes);
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
        var logits = index < 0 ? null : LlamaNative.llama_get_logits_ith(_context, index);
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
            LlamaNative.llama_memory_seq_cp(_memory, from, to, -1, -1);
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
            if (LlamaNative.llama_memory_seq_rm(_memory, sequence, fromPosition, -1) == 0)
            {
                throw new SequenceDecoderException($"This model can't forget a part of sequence {sequence} (from position {fromPosition}); remove all of it.");
            }
        }
    }

    /// <summary>The highest position that a sequence holds; -1 where it is empty.</summary>
    internal int LastPosition(int sequence)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return LlamaNative.llama_memory_seq_pos_max(_memory, sequence);
        }
    }

    /// <summary>Ends the step that runs, or else the next.</summary>
    public void Abort()
    {
        // Not under the gate: the step that runs holds it.
        Volatile.Write(ref _abort[0], 1);
    }

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

    private DecodeStatus Run(LlamaBatch batch)
    {
        NativeLog.StartErrors();
        var rc = LlamaNative.llama_decode(_context, batch);
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
