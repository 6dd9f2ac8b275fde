namespace BlobCaptioner.Engine.Attention;

/// <summary>The checks before the kernel stays in place: the layout of ggml's structs, and the kernel's results against ggml's.</summary>
internal static unsafe class AttentionCheck
{
    /// <summary>ggml sums values as halves where there are few queries.</summary>
    private const float Tolerance = 0.004f;

    /// <summary>Two sizes of heads, a prompt that four sequences share, cells of their own, holes; then patches of a picture without a mask.</summary>
    private static readonly AttentionShape[] Shapes =
    [
        new() { KeyHead = 64, ValueHead = 64, QueryHeads = 4, KvHeads = 2, Queries = 4, Cells = 112, Scale = 0.125f },
        new() { KeyHead = 72, ValueHead = 40, QueryHeads = 2, KvHeads = 2, Queries = 3, Cells = 80, Scale = 0.125f },
        new() { KeyHead = 32, ValueHead = 32, QueryHeads = 2, KvHeads = 2, Queries = 70, Cells = 40, Scale = 0.2f, HasMask = false },
    ];

    /// <summary>Reads a small graph through the structs as the kernel declares them. Null if every field is in its place.</summary>
    public static string? DifferenceOfLayout(Ggml ggml)
    {
        // ggml_tensor_overhead counts ggml_object, 32 bytes, too.
        if (ggml.TensorOverhead() != (nuint)sizeof(GgmlTensor) + 32)
        {
            return $"a tensor of the loaded ggml has {(long)ggml.TensorOverhead() - 32} bytes and not {sizeof(GgmlTensor)}";
        }

        var shape = Shapes[0];
        using var graph = new AttentionGraph(ggml, shape, threads: 1);
        GgmlTensor* op = graph.Output, q = op->Src0, k = op->Src1, v = op->Src2, mask = op->Src3;
        var fits = op->Op == GgmlNumbers.FlashAttnExt && op->Scale == shape.Scale && q != null && k != null && v != null && mask != null && op->Src4 == null
            && q->Type == GgmlNumbers.TypeF32 && k->Type == GgmlNumbers.TypeF16 && v->Type == GgmlNumbers.TypeF16 && mask->Type == GgmlNumbers.TypeF16
            && q->Ne[0] == shape.KeyHead && q->Ne[1] == shape.Queries && q->Ne[2] == shape.QueryHeads && q->Ne[3] == 1
            && q->Nb[0] == sizeof(float) && q->Nb[1] == sizeof(float) * shape.KeyHead && k->Ne[1] == shape.Cells && mask->Ne[0] == shape.Cells
            && op->Ne[0] == shape.ValueHead && op->Ne[1] == shape.QueryHeads && op->Ne[2] == shape.Queries && op->Data != null && q->Data != null;
        return fits ? null : "the loaded ggml lays out its tensors in another way";
    }

    /// <summary>Computes small operations without the kernel, puts it in place, computes them again, and takes it out again where results differ. Null if it stays.</summary>
    public static string? PutAndCompare(Ggml ggml, nint* place, VectorWidth width)
    {
        // Two threads once: they take turns with others that the machine runs, and each turn may take milliseconds.
        var graphs = Shapes.Select((s, i) => new AttentionGraph(ggml, s, threads: i == 0 ? 2 : 1)).ToArray();
        try
        {
            var own = graphs.Select((g, i) => Fill(g, Shapes[i])).ToArray();
            AttentionHook.Width = width;
            AttentionHook.Put(place);
            for (var i = 0; i < graphs.Length; i++)
            {
                graphs[i].Results.Clear();
                var before = AttentionHook.Computed;
                graphs[i].Compute();
                if (AttentionHook.Computed == before)
                {
                    AttentionHook.Remove();
                    return "the loaded ggml does not ask for it";
                }

                if (Furthest(graphs[i].Results, own[i]) is var furthest && !(furthest <= Tolerance))
                {
                    AttentionHook.Remove();
                    return $"the kernel's result for {Shapes[i].Queries} queries is {furthest} away from ggml's own";
                }
            }

            HugePages.BaseOf = ggml.BufferBase;
            HugePages.SizeOf = ggml.BufferSize;
            return null;
        }
        finally
        {
            Array.ForEach(graphs, g => g.Dispose());
        }
    }

    private static float[] Fill(AttentionGraph graph, AttentionShape shape)
    {
        graph.Fill(seed: 7);
        var mask = graph.Mask;
        for (var i = 0; i < mask.Length; i++)
        {
            // The first half is shared, but for some holes. The second half belongs to the sequences in turn, in runs of five cells.
            int query = i / shape.Cells, cell = i % shape.Cells;
            var seen = cell < shape.Cells / 2 ? cell % 19 != 18 : cell / 5 % shape.Queries == query;
            mask[i] = seen ? (Half)0 : Half.NegativeInfinity;
        }

        graph.Compute();
        return graph.Results.ToArray();
    }

    private static float Furthest(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var furthest = 0f;
        for (var i = 0; i < a.Length; i++)
        {
            // Not a number stays so.
            furthest = MathF.Max(furthest, MathF.Abs(a[i] - b[i]));
        }

        return furthest;
    }
}
