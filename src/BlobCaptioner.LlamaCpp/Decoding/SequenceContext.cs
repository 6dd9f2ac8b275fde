using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A native context with its KV cache: decode steps, logits, and what each sequence holds.</summary>
internal sealed unsafe class SequenceContext : IDisposable
{
    /// <summary>What llama.cpp computes at once (n_ubatch); larger steps are cut into such pieces. Its default.</summary>
    public const int MicroBatchTokens = 512;

    private readonly INativeContext _native;
    private readonly AbortFlag _abort;
    private readonly BatchBuffers _buffers;
    private readonly StepLimits _limits;
    private readonly Lock _gate = new();
    private volatile bool _disposed;

    /// <param name="native">The context; disposed with this.</param>
    /// <param name="abort">What was given to it.</param>
    /// <param name="limits">What a step may hold.</param>
    /// <param name="positionPlanes">True for four positions an image token (M-RoPE).</param>
    public SequenceContext(INativeContext native, AbortFlag abort, StepLimits limits, bool positionPlanes)
    {
        _native = native;
        _abort = abort;
        _limits = limits;
        _buffers = new BatchBuffers(limits.BatchTokens, native.EmbeddingWidth, positionPlanes);
    }

    /// <summary>KV cache cells: the tokens asked for, rounded up by llama.cpp.</summary>
    public int Cells => _native.Cells;

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
        var logits = index < 0 ? null : _native.GetLogits(index);
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
            _native.Copy(from, to);
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
            if (!_native.Remove(sequence, fromPosition))
            {
                throw new SequenceDecoderException($"This model can't forget a part of sequence {sequence} (from position {fromPosition}); remove all of it.");
            }
        }
    }

    /// <summary>Ends the step that runs, or else the next.</summary>
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
            _native.Dispose();
            _buffers.Dispose();
        }
    }

    private DecodeStatus Run(LlamaBatch batch)
    {
        NativeLog.StartErrors();
        var rc = _native.Decode(batch);
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
                throw DecodeErrors.Failed(batch.TokenCount, rc, NativeLog.TakeErrors());
        }
    }
}
