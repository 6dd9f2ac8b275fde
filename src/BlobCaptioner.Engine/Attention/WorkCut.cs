using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>
/// How an operation is cut into tasks: pieces of up to 64 queries and some of the KV heads. Where there are few queries, a task has neighbouring heads, whose keys lie side by side
/// in memory. Where there are more threads than heads, queries are cut further, though each piece then widens the cells anew.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct WorkCut
{
    public readonly int Queries;
    public readonly int KvHeads;

    /// <summary>Query heads that share a KV head.</summary>
    public readonly int Shared;

    /// <summary>Pieces of the queries.</summary>
    public readonly int Pieces;

    public readonly int QueriesOfPiece;
    public readonly int HeadsOfTask;
    public readonly int GroupsOfHeads;
    public readonly int Tasks;

    public WorkCut(GgmlTensor* op, int threads)
    {
        Queries = (int)op->Src0->Ne[1];
        KvHeads = (int)op->Src1->Ne[2];
        Shared = (int)(op->Src0->Ne[2] / KvHeads);
        var streams = (int)op->Src0->Ne[3];
        var heads = KvHeads * streams;
        Pieces = Math.Max((Queries + VisibleCells.MaxQueries - 1) / VisibleCells.MaxQueries, Math.Min(Queries, (threads + heads - 1) / heads));
        QueriesOfPiece = (Queries + Pieces - 1) / Pieces;
        Pieces = (Queries + QueriesOfPiece - 1) / QueriesOfPiece;
        HeadsOfTask = Pieces > 1 ? 1 : Math.Min(KvHeads, (heads + threads - 1) / threads);
        GroupsOfHeads = (KvHeads + HeadsOfTask - 1) / HeadsOfTask;
        Tasks = Pieces * streams * GroupsOfHeads;
    }

    /// <summary>ggml cuts a single query's cells among all threads. It is about three times slower in each.</summary>
    public bool HasWorkFor(int threads) => Tasks * 3 >= threads;

    /// <summary>Rows of queries in a task.</summary>
    public int Rows => HeadsOfTask * QueriesOfPiece * Shared;

    /// <summary>Bytes that ggml should keep for all threads: enough for ggml's own kernel too, which takes over where this one gives up.</summary>
    public static nuint WorkSize(GgmlTensor* op, int threads, int lanes)
    {
        long key = op->Src1->Ne[0], value = op->Src2->Ne[0], heads = op->Src0->Ne[2];
        const long Tile = GgmlNumbers.Tile;

        // ggml_graph_plan in ggml-cpu.c
        var prefill = sizeof(float) * ((Tile * key) + (2 * Tile * Tile) + (Tile * value) + (Tile * value) + (Tile * key)) * threads;
        var decode = sizeof(float) * ((heads * threads * (2 + value)) + (threads * (key + (2 * value))));
        return (nuint)Math.Max(TaskMemory.Size(op, new WorkCut(op, threads), lanes) * threads, Math.Max(prefill, decode));
    }
}
