using BlobCaptioner.Engine.Attention;

namespace BlobCaptioner.Tests.Engine.Attention;

/// <summary>An operation drawn from a seed: its shape, who sees what, and how many threads compute it.</summary>
internal sealed record AttentionCase
{
    private static readonly int[] Heads = [8, 32, 40, 64, 72, 80, 96, 128, 256];
    private static readonly int[] QueryCounts = [1, 1, 2, 3, 4, 7, 8, 16, 31, 63, 64, 65, 100, 129];

    public required AttentionShape Shape { get; init; }

    public required int Threads { get; init; }

    /// <summary>Whether a query of a stream sees a cell.</summary>
    public required Func<int, int, int, bool> Sees { get; init; }

    public required string Name { get; init; }

    public static AttentionCase Draw(int seed)
    {
        var random = new Random(seed);
        T Any<T>(T[] of) => of[random.Next(of.Length)];
        int kvHeads = random.Next(1, 5), queries = Any(QueryCounts), shared = random.Next(1, queries > 16 ? 4 : 9), cells = random.Next(1, queries > 16 ? 200 : 400), threads = random.Next(1, 5);
        int keyHead = Any(Heads), valueHead = random.Next(3) == 0 ? Any(Heads) : keyHead, streams = random.Next(6) == 0 ? 2 : 1;
        var (name, sees) = random.Next(6) switch
        {
            0 => ("no mask", (Func<int, int, int, bool>?)null),
            1 => ("causal", (_, q, c) => c <= cells - queries + q),
            2 => ("shared prompt, then cells in turn", (_, q, c) => c < cells / 2 || c % queries == q),
            3 => ("shared prompt, holes, then runs", (_, q, c) => c < cells / 3 ? c % 11 != 5 : (c / 37 % queries) == q),
            4 => ("pictures of four each", (_, q, c) => c < 20 || c / 50 % ((queries / 4) + 1) == q / 4),
            _ => ("at random", (s, q, c) => (uint)HashCode(seed, s, q, c) % 3 == 0),
        };
        return new AttentionCase
        {
            Name = $"{name}, {queries} queries, {cells} cells, heads {kvHeads}x{shared} of {keyHead}/{valueHead}, {streams} streams, {threads} threads",
            Threads = threads,
            Sees = sees ?? ((_, _, _) => true),
            Shape = new AttentionShape
            {
                KeyHead = keyHead,
                ValueHead = valueHead,
                QueryHeads = kvHeads * shared,
                KvHeads = kvHeads,
                Queries = queries,
                Cells = cells,
                Streams = streams,
                HasMask = sees != null,
                Scale = 1 / MathF.Sqrt(keyHead),
            },
        };
    }

    /// <summary>Fills a graph of this shape.</summary>
    public void Fill(AttentionGraph graph)
    {
        graph.Fill((uint)Shape.Cells);
        var mask = graph.Mask;
        for (var i = 0; i < mask.Length; i++)
        {
            int cell = i % Shape.Cells, query = i / Shape.Cells % Shape.Queries, stream = i / Shape.Cells / Shape.Queries;
            mask[i] = Sees(stream, query, cell) ? (Half)0 : Half.NegativeInfinity;
        }
    }

    /// <summary>What a graph's results should be, in double precision.</summary>
    public static float[] Expect(AttentionGraph graph, AttentionShape shape)
    {
        Span<float> q = graph.Queries, k = Widen(graph.Keys), v = Widen(graph.Values), mask = Widen(graph.Mask);
        var expected = new float[graph.Results.Length];
        var sums = new double[shape.ValueHead];
        for (var row = 0; row < shape.Streams * shape.Queries * shape.QueryHeads; row++)
        {
            int head = row % shape.QueryHeads, query = row / shape.QueryHeads % shape.Queries, stream = row / shape.QueryHeads / shape.Queries;
            var rowOfQ = q.Slice(((((stream * shape.QueryHeads) + head) * shape.Queries) + query) * shape.KeyHead, shape.KeyHead);
            var kvHead = head / (shape.QueryHeads / shape.KvHeads);
            var scores = new double[shape.Cells];
            for (var cell = 0; cell < shape.Cells; cell++)
            {
                var bias = mask.IsEmpty ? 0f : mask[(((stream * shape.Queries) + query) * shape.Cells) + cell];
                if (double.IsNegativeInfinity(bias))
                {
                    scores[cell] = bias;
                    continue;
                }

                var key = k.Slice(((((stream * shape.Cells) + cell) * shape.KvHeads) + kvHead) * shape.KeyHead, shape.KeyHead);
                double dot = 0;
                for (var d = 0; d < shape.KeyHead; d++)
                {
                    dot += rowOfQ[d] * (double)key[d];
                }

                scores[cell] = (dot * shape.Scale) + bias;
            }

            var largest = scores.Max();
            double total = 0;
            Array.Clear(sums);
            for (var cell = 0; cell < shape.Cells && !double.IsNegativeInfinity(largest); cell++)
            {
                var weight = Math.Exp(scores[cell] - largest);
                total += weight;
                var value = v.Slice(((((stream * shape.Cells) + cell) * shape.KvHeads) + kvHead) * shape.ValueHead, shape.ValueHead);
                for (var d = 0; weight != 0 && d < shape.ValueHead; d++)
                {
                    sums[d] += weight * value[d];
                }
            }

            for (var d = 0; d < shape.ValueHead; d++)
            {
                expected[(row * shape.ValueHead) + d] = total == 0 ? 0 : (float)(sums[d] / total);
            }
        }

        return expected;
    }

    private static float[] Widen(ReadOnlySpan<Half> halves)
    {
        var wide = new float[halves.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = (float)halves[i];
        }

        return wide;
    }

    private static int HashCode(int a, int b, int c, int d) => unchecked((((((a * 31) + b) * 1009) + c) * 65599 + d) * (int)2654435761u >> 7);
}
