using System.Runtime.InteropServices;
using BlobCaptioner.Inference;
using LLama.Native;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Native memory for one decode step, filled anew for each, so that a step allocates nothing.</summary>
internal sealed unsafe class BatchBuffers : IDisposable
{
    private const int PositionPlanes = 4;

    private readonly int _capacity;
    private readonly int _embeddingWidth;
    private readonly bool _planes;
    private readonly int* _tokens;
    private readonly int* _positions;
    private readonly int* _counts;
    private readonly int* _sequences;
    private readonly int** _sequenceLists;
    private readonly byte* _logits;
    private float* _embeddings;

    /// <param name="capacity">Most tokens in a step.</param>
    /// <param name="embeddingWidth">Floats that stand for one image token.</param>
    /// <param name="planes">True for four positions an image token (M-RoPE), false for one.</param>
    public BatchBuffers(int capacity, int embeddingWidth, bool planes)
    {
        _capacity = capacity;
        _embeddingWidth = embeddingWidth;
        _planes = planes;
        var n = (nuint)capacity;
        _tokens = (int*)NativeMemory.Alloc(n, sizeof(int));
        _positions = (int*)NativeMemory.Alloc(n * PositionPlanes, sizeof(int));
        _counts = (int*)NativeMemory.Alloc(n, sizeof(int));
        _sequences = (int*)NativeMemory.Alloc(n, sizeof(int));
        _sequenceLists = (int**)NativeMemory.Alloc(n, (nuint)sizeof(int*));
        _logits = (byte*)NativeMemory.Alloc(n, sizeof(byte));
        for (var i = 0; i < capacity; i++)
        {
            // One sequence a token, always: only its id changes from step to step.
            _counts[i] = 1;
            _sequenceLists[i] = _sequences + i;
        }
    }

    /// <summary>Lays text tokens out. Valid until the next call.</summary>
    public LLamaNativeBatch Fill(ReadOnlySpan<TokenEntry> entries)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            ref readonly var entry = ref entries[i];
            _tokens[i] = entry.Token;
            _positions[i] = entry.Position;
            _sequences[i] = entry.Sequence;
            _logits[i] = entry.WantLogits ? (byte)1 : (byte)0;
        }

        return Batch(entries.Length) with { tokens = (LLamaToken*)_tokens };
    }

    /// <summary>Lays slices of pictures out, one after the other. Valid until the next call.</summary>
    /// <param name="slices">The slices.</param>
    /// <param name="total">Their tokens, at most the capacity.</param>
    public LLamaNativeBatch Fill(ReadOnlySpan<ImageSlice> slices, int total)
    {
        if (_embeddings == null)
        {
            _embeddings = (float*)NativeMemory.Alloc((nuint)_capacity * (nuint)_embeddingWidth, sizeof(float));
        }

        var at = 0;
        foreach (ref readonly var slice in slices)
        {
            slice.Image.Embeddings.Span
                .Slice(slice.Offset * _embeddingWidth, slice.Count * _embeddingWidth)
                .CopyTo(new Span<float>(_embeddings + ((long)at * _embeddingWidth), slice.Count * _embeddingWidth));
            FillPositions(slice, at, total);
            new Span<int>(_sequences + at, slice.Count).Fill(slice.Sequence);
            at += slice.Count;
        }

        NativeMemory.Clear(_logits, (nuint)total);
        return Batch(total) with { embd = _embeddings };
    }

    public void Dispose()
    {
        NativeMemory.Free(_tokens);
        NativeMemory.Free(_positions);
        NativeMemory.Free(_counts);
        NativeMemory.Free(_sequences);
        NativeMemory.Free(_sequenceLists);
        NativeMemory.Free(_logits);
        NativeMemory.Free(_embeddings);
    }

    // llama.cpp reads the positions of n embeddings as [t × n][y × n][x × n][z × n], over the whole batch.
    private void FillPositions(in ImageSlice slice, int at, int total)
    {
        if (!_planes)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                _positions[at + i] = slice.StartPosition + slice.Offset + i;
            }

            return;
        }

        var relative = slice.Image.RelativePositions.Span;
        for (var plane = 0; plane < PositionPlanes; plane++)
        {
            // z is not a place in the sequence: mtmd leaves it 0 wherever the picture starts.
            var start = plane < PositionPlanes - 1 ? slice.StartPosition : 0;
            var from = relative.Slice((plane * slice.Image.TokenCount) + slice.Offset, slice.Count);
            var to = _positions + ((long)plane * total) + at;
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = start + from[i];
            }
        }
    }

    private LLamaNativeBatch Batch(int count) =>
        new() { n_tokens = count, pos = (LLamaPos*)_positions, n_seq_id = _counts, seq_id = (LLamaSeqId**)_sequenceLists, logits = _logits };
}
