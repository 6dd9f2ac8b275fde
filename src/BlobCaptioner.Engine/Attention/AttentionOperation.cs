using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Attention;

/// <summary>
/// FLASH_ATTN_EXT over a KV cache that many sequences share. ggml computes few queries one query head and one cell at a time. Here a block of cells is read and widened once for all rows
/// that see it, a row being a query of a query head (Hydragen, arXiv:2402.05099; cascade attention in FlashInfer). Sums are kept as floats.
/// </summary>
/// <remarks>
/// The loops are compiled at full optimisation at their first call. With tiered compilation the first operation took twenty times as long and the next nine four times; later there was no difference.
/// </remarks>
internal static unsafe class AttentionOperation<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Computes one thread's tasks. False, for all threads alike, where ggml has to compute the operation itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Compute(ComputeParams* call, GgmlTensor* op)
    {
        var cut = new WorkCut(op, call->Threads);
        var size = TaskMemory.Size(op, cut, TSimd.Lanes);
        if (call->UseReference != 0 || !cut.HasWorkFor(call->Threads) || (long)call->WorkSize < size * call->Threads)
        {
            return false;
        }

        var mask = op->Src3;
        if (call->Thread == 0 && mask != null)
        {
            HugePages.Ask(op->Src1->Buffer);
        }

        var memory = new TaskMemory(call->Work + (call->Thread * size), op, cut, TSimd.Lanes);
        var sorted = -1;
        for (var task = call->Thread; task < cut.Tasks; task += call->Threads)
        {
            var piece = new Piece(op, cut, task);
            var maskRows = mask == null ? null : mask->Data + (piece.FirstQuery * mask->Nb[1]) + (piece.Stream % mask->Ne[3] * mask->Nb[3]);
            var maskRowBytes = mask == null ? 0 : mask->Nb[1];
            if (sorted != task / cut.GroupsOfHeads)
            {
                sorted = task / cut.GroupsOfHeads;
                memory.Cells.Sort(maskRows, maskRowBytes, piece.Queries);
            }

            ReadQueries(op, cut, piece, memory);
            for (var block = 0; block < memory.Cells.BlockCount; block++)
            {
                AddBlock(op, cut, piece, memory, block, maskRows, maskRowBytes);
            }

            WriteSums(op, cut, piece, memory);
        }

        return true;
    }

    /// <summary>Which part of the operation a task is.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly struct Piece
    {
        public readonly int FirstHead;
        public readonly int Heads;
        public readonly int Stream;
        public readonly int FirstQuery;
        public readonly int Queries;

        public Piece(GgmlTensor* op, in WorkCut cut, int task)
        {
            FirstHead = task % cut.GroupsOfHeads * cut.HeadsOfTask;
            Heads = Math.Min(cut.KvHeads - FirstHead, cut.HeadsOfTask);
            Stream = task / cut.GroupsOfHeads / cut.Pieces;
            FirstQuery = task / cut.GroupsOfHeads % cut.Pieces * cut.QueriesOfPiece;
            Queries = Math.Min(cut.Queries - FirstQuery, cut.QueriesOfPiece);
        }
    }

    /// <summary>Rows go by KV head, then query, then query head of the KV head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadQueries(GgmlTensor* op, in WorkCut cut, in Piece piece, in TaskMemory memory)
    {
        var q = op->Src0;
        var scale = TSimd.Create(op->Scale);
        var rows = piece.Heads * piece.Queries * cut.Shared;
        for (var row = 0; row < rows; row++)
        {
            var from = (float*)(q->Data + (QueryOf(row, cut, piece) * q->Nb[1]) + (HeadOf(row, cut, piece) * q->Nb[2]) + (piece.Stream * q->Nb[3]));
            var to = memory.Queries + ((nint)row * memory.KeyHead);
            nint d = 0;
            for (; d + TSimd.Lanes <= memory.KeyHead; d += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Multiply(TSimd.Load(from + d), scale), to + d);
            }

            for (; d < memory.KeyHead; d++)
            {
                to[d] = from[d] * op->Scale;
            }

            memory.Largest[row] = float.NegativeInfinity;
            memory.Totals[row] = 0;
        }

        NativeMemory.Clear(memory.Sums, (nuint)rows * (nuint)memory.ValueStride * sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteSums(GgmlTensor* op, in WorkCut cut, in Piece piece, in TaskMemory memory)
    {
        var head = (int)op->Ne[0];
        for (var row = 0; row < piece.Heads * piece.Queries * cut.Shared; row++)
        {
            var to = (float*)(op->Data + (HeadOf(row, cut, piece) * op->Nb[1]) + (QueryOf(row, cut, piece) * op->Nb[2]) + (piece.Stream * op->Nb[3]));
            var from = memory.Sums + ((nint)row * memory.ValueStride);
            var by = memory.Totals[row] == 0 ? 0 : 1 / memory.Totals[row];
            var factor = TSimd.Create(by);
            nint d = 0;
            for (; d + TSimd.Lanes <= head; d += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Multiply(TSimd.Load(from + d), factor), to + d);
            }

            for (; d < head; d++)
            {
                to[d] = from[d] * by;
            }
        }
    }

    private static int QueryOf(int row, in WorkCut cut, in Piece piece) => piece.FirstQuery + (row % (piece.Queries * cut.Shared) / cut.Shared);

    private static int HeadOf(int row, in WorkCut cut, in Piece piece) =>
        ((piece.FirstHead + (row / (piece.Queries * cut.Shared))) * cut.Shared) + (row % cut.Shared);

    /// <summary>Adds a block of cells to all rows that see it, head by head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void AddBlock(GgmlTensor* op, in WorkCut cut, in Piece piece, in TaskMemory memory, int index, byte* maskRows, long maskRowBytes)
    {
        GgmlTensor* k = op->Src1, v = op->Src2;
        var block = memory.Cells.Blocks[index];
        var cells = memory.Cells.Order + block.First;
        if (block.Mixed)
        {
            ReadBias(block, cells, maskRows, maskRowBytes, memory.Bias);
        }

        var addresses = stackalloc nint[CellBlock.Size];
        var keys = k->Data + (piece.FirstHead * k->Nb[2]) + (piece.Stream * k->Nb[3]);
        var values = v->Data + (piece.FirstHead * v->Nb[2]) + (piece.Stream * v->Nb[3]);
        for (var h = 0; h < piece.Heads; h++)
        {
            if (index + 1 < memory.Cells.BlockCount)
            {
                var next = memory.Cells.Blocks[index + 1];
                int first = next.Count * h / piece.Heads, end = next.Count * (h + 1) / piece.Heads;
                var nextCells = memory.Cells.Order + next.First;
                Prefetch(keys, k, nextCells, first, end, piece.Heads);
                Prefetch(values, v, nextCells, first, end, piece.Heads);
            }

            var rows = ListRows(cut, piece, memory, block, h);
            Address(addresses, cells, block.Count, keys + (h * k->Nb[2]), k->Nb[1]);
            CellTile<TSimd, TVector>.FillKeys(addresses, block.Count, memory.KeyHead, memory.Tile);
            var width = (block.Count + (2 * TSimd.Lanes) - 1) / (2 * TSimd.Lanes) * (2 * TSimd.Lanes);
            RowProduct<TSimd, TVector>.Multiply(memory.QueryRows, memory.ScoreRows, rows, memory.Tile, CellBlock.Size, memory.KeyHead, width, add: false);
            Weigh(cut, piece, memory, block, h, rows, width);
            Address(addresses, cells, block.Count, values + (h * v->Nb[2]), v->Nb[1]);
            if (CellTile<TSimd, TVector>.FillValues(addresses, block.Count, (int)v->Ne[0], memory.ValueStride, memory.Tile) || !block.Mixed)
            {
                RowProduct<TSimd, TVector>.Multiply(memory.ScoreRows, memory.SumRows, rows, memory.Tile, memory.ValueStride, block.Count, memory.ValueStride, add: true);
            }
            else
            {
                AddWeighted(memory, rows, block.Count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ListRows(in WorkCut cut, in Piece piece, in TaskMemory memory, in CellBlock block, int head)
    {
        var rows = 0;
        for (var left = block.Queries; left != 0; left &= left - 1)
        {
            var row = ((head * piece.Queries) + BitOperations.TrailingZeroCount(left)) * cut.Shared;
            for (var i = 0; i < cut.Shared; i++, row++, rows++)
            {
                memory.QueryRows[rows] = memory.Queries + ((nint)row * memory.KeyHead);
                memory.SumRows[rows] = memory.Sums + ((nint)row * memory.ValueStride);
                memory.ScoreRows[rows] = memory.Scores + ((nint)rows * CellBlock.Size);
            }
        }

        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(in WorkCut cut, in Piece piece, in TaskMemory memory, in CellBlock block, int head, int rows, int width)
    {
        var queries = block.Queries;
        var bias = block.Mixed ? memory.Bias : null;
        for (var r = 0; r < rows; r += cut.Shared, queries &= queries - 1)
        {
            var row = ((head * piece.Queries) + BitOperations.TrailingZeroCount(queries)) * cut.Shared;
            for (var i = r; i < r + cut.Shared; i++, row++)
            {
                var scores = memory.ScoreRows[i];
                for (var c = block.Count; c < width; c++)
                {
                    scores[c] = float.NegativeInfinity;
                }

                RunningSoftmax<TSimd, TVector>.Weigh(scores, width, bias, memory.SumRows[i], memory.ValueStride, memory.Largest + row, memory.Totals + row);
            }

            bias += bias == null ? 0 : CellBlock.Size;
        }
    }

    /// <summary>The block's part of the mask, a row for each of its queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadBias(in CellBlock block, int* cells, byte* maskRows, long maskRowBytes, float* bias)
    {
        for (var left = block.Queries; left != 0; left &= left - 1, bias += CellBlock.Size)
        {
            var row = (ushort*)(maskRows + (BitOperations.TrailingZeroCount(left) * maskRowBytes));
            for (var c = 0; c < block.Count; c++)
            {
                var value = row[cells[c]];
                bias[c] = value switch
                {
                    0 => 0,
                    VisibleCells.Hidden => float.NegativeInfinity,
                    _ => (float)BitConverter.UInt16BitsToHalf(value),
                };
            }

            new Span<float>(bias + block.Count, CellBlock.Size - block.Count).Fill(float.NegativeInfinity);
        }
    }

    /// <summary>The product of weights and values without cells of weight 0, so that an infinity or a not-a-number stays in the rows that see its cell.</summary>
    private static void AddWeighted(in TaskMemory memory, int rows, int cells)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < cells; c++)
            {
                var weight = memory.ScoreRows[r][c];
                for (var d = 0; weight != 0 && d < memory.ValueStride; d++)
                {
                    memory.SumRows[r][d] += weight * memory.Tile[(c * memory.ValueStride) + d];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Address(nint* addresses, int* cells, int count, byte* start, long bytes)
    {
        for (var c = 0; c < count; c++)
        {
            addresses[c] = (nint)(start + (cells[c] * bytes));
        }

        for (var c = count; c % TSimd.Lanes != 0; c++)
        {
            addresses[c] = addresses[count - 1];
        }
    }

    /// <summary>Fetches what the next block needs, as it lies in memory: the heads of a task side by side. All of them are more than a first-level cache holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prefetch(byte* start, GgmlTensor* tensor, int* cells, int first, int end, int heads)
    {
        var bytes = heads * tensor->Ne[0] * sizeof(ushort);
        for (var c = first; c < end; c++)
        {
            var at = start + (cells[c] * tensor->Nb[1]);
            for (long b = 0; b < bytes; b += ScratchMemory.Line)
            {
                Sse.Prefetch1(at + b);
            }
        }
    }
}
