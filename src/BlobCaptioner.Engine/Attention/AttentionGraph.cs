using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>The shape of one FLASH_ATTN_EXT.</summary>
internal sealed record AttentionShape
{
    public required int KeyHead { get; init; }

    public required int ValueHead { get; init; }

    public required int QueryHeads { get; init; }

    public required int KvHeads { get; init; }

    public required int Queries { get; init; }

    public required int Cells { get; init; }

    public int Streams { get; init; } = 1;

    public bool HasMask { get; init; } = true;

    public float Scale { get; init; } = 1;

    public float MaxBias { get; init; }

    public float SoftCap { get; init; }
}

/// <summary>A graph of one FLASH_ATTN_EXT in the CPU backend, with inputs and output in view: what the load-time check, the tests and the benchmarks compute.</summary>
/// <remarks>Keys and values lie as in llama.cpp's cache: cell by cell, a cell's heads side by side.</remarks>
internal sealed unsafe class AttentionGraph : IDisposable
{
    private readonly Ggml _ggml;
    private readonly AttentionShape _shape;
    private readonly nint _context;
    private readonly nint _backend;
    private readonly nint _graph;
    private readonly GgmlTensor* _q;
    private readonly GgmlTensor* _k;
    private readonly GgmlTensor* _v;
    private readonly GgmlTensor* _mask;

    public AttentionGraph(Ggml ggml, AttentionShape shape, int threads)
    {
        _ggml = ggml;
        _shape = shape;
        var cells = (long)shape.Cells * shape.KvHeads * shape.Streams;
        var bytes = (cells * (shape.KeyHead + shape.ValueHead) * sizeof(ushort))
            + ((long)shape.Queries * shape.QueryHeads * shape.Streams * (shape.KeyHead + shape.ValueHead) * sizeof(float))
            + ((long)shape.Queries * shape.Cells * shape.Streams * sizeof(ushort));
        _context = ggml.Init(new Ggml.InitParams { MemorySize = (nuint)bytes + (16 * ggml.TensorOverhead()) + ggml.GraphOverhead() + 4096 });
        _q = ggml.NewTensor(_context, GgmlNumbers.TypeF32, shape.KeyHead, shape.Queries, shape.QueryHeads, shape.Streams);
        _k = ggml.NewTensor(_context, GgmlNumbers.TypeF16, shape.KeyHead, shape.Cells, shape.KvHeads, shape.Streams);
        _v = ggml.NewTensor(_context, GgmlNumbers.TypeF16, shape.ValueHead, shape.Cells, shape.KvHeads, shape.Streams);
        _mask = shape.HasMask ? ggml.NewTensor(_context, GgmlNumbers.TypeF16, shape.Cells, shape.Queries, 1, shape.Streams) : null;
        LieAsInACache(_k);
        LieAsInACache(_v);
        Output = ggml.FlashAttention(_context, _q, _k, _v, _mask, shape.Scale, shape.MaxBias, shape.SoftCap);
        _graph = ggml.NewGraph(_context);
        ggml.Expand(_graph, Output);
        var device = ggml.DeviceByType(GgmlNumbers.DeviceCpu);
        _backend = ggml.InitDevice(device, null);
        fixed (byte* name = "ggml_backend_set_n_threads\0"u8)
        {
            ((delegate* unmanaged[Cdecl]<nint, int, void>)ggml.ProcAddress(ggml.RegistryOf(device), name))(_backend, threads);
        }
    }

    public GgmlTensor* Output { get; }

    /// <summary>[stream][query head][query][head].</summary>
    public Span<float> Queries => new(_q->Data, _shape.Streams * _shape.QueryHeads * _shape.Queries * _shape.KeyHead);

    /// <summary>[stream][cell][KV head][head].</summary>
    public Span<Half> Keys => new(_k->Data, _shape.Streams * _shape.Cells * _shape.KvHeads * _shape.KeyHead);

    /// <summary>[stream][cell][KV head][head].</summary>
    public Span<Half> Values => new(_v->Data, _shape.Streams * _shape.Cells * _shape.KvHeads * _shape.ValueHead);

    /// <summary>[stream][query][cell], empty without a mask.</summary>
    public Span<Half> Mask => _mask == null ? [] : new(_mask->Data, _shape.Streams * _shape.Queries * _shape.Cells);

    /// <summary>[stream][query][query head][head].</summary>
    public Span<float> Results => new(Output->Data, _shape.Streams * _shape.Queries * _shape.QueryHeads * _shape.ValueHead);

    /// <summary>Fills the inputs with numbers around 0, the same ones for the same seed, and lets all queries see all cells.</summary>
    public void Fill(uint seed)
    {
        foreach (ref var value in Queries)
        {
            value = 2 * Next(ref seed);
        }

        foreach (ref var value in MemoryMarshal.Cast<Half, ushort>(Keys))
        {
            value = BitConverter.HalfToUInt16Bits((Half)Next(ref seed));
        }

        foreach (ref var value in MemoryMarshal.Cast<Half, ushort>(Values))
        {
            value = BitConverter.HalfToUInt16Bits((Half)Next(ref seed));
        }

        Mask.Clear();
    }

    public void Compute()
    {
        if (_ggml.Compute(_backend, _graph) is not 0 and var status)
        {
            throw new InvalidOperationException($"ggml could not compute its graph of one operation: status {status}.");
        }
    }

    public void Dispose()
    {
        _ggml.FreeBackend(_backend);
        _ggml.Free(_context);
    }

    /// <summary>From [head][cells][KV heads] to the order of a cache.</summary>
    private static void LieAsInACache(GgmlTensor* tensor)
    {
        tensor->Nb[2] = tensor->Ne[0] * sizeof(ushort);
        tensor->Nb[1] = tensor->Nb[2] * tensor->Ne[2];
    }

    /// <summary>From -1 to 1, evenly.</summary>
    private static float Next(ref uint seed)
    {
        seed = (seed * 1664525) + 1013904223;
        return ((seed >> 8) / 8388608f) - 1;
    }
}
