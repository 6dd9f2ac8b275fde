using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>A thread's memory while it computes a task.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct TaskMemory
{
    public VisibleCells Cells;
    public readonly int KeyHead;

    /// <summary>Floats of an output row and of a value in its tile: the head, filled up to two registers.</summary>
    public readonly int ValueStride;

    /// <summary>[row][KeyHead], times the operation's scale.</summary>
    public readonly float* Queries;

    /// <summary>[row][ValueStride], weighted sums of values.</summary>
    public readonly float* Sums;

    /// <summary>[row] the largest score so far.</summary>
    public readonly float* Largest;

    /// <summary>[row] the weights' total so far.</summary>
    public readonly float* Totals;

    /// <summary>[row][<see cref="CellBlock.Size"/>] scores, then weights, of the rows that see a block.</summary>
    public readonly float* Scores;

    /// <summary>A block's keys [KeyHead][<see cref="CellBlock.Size"/>], then its values [<see cref="CellBlock.Size"/>][ValueStride].</summary>
    public readonly float* Tile;

    /// <summary>[query][<see cref="CellBlock.Size"/>] a mixed block's part of the mask.</summary>
    public readonly float* Bias;

    public readonly float** QueryRows;
    public readonly float** SumRows;
    public readonly float** ScoreRows;
    private readonly byte* _end;

    public TaskMemory(byte* start, GgmlTensor* op, in WorkCut cut, int lanes)
    {
        var scratch = new ScratchMemory((byte*)(((nuint)start + ScratchMemory.Line - 1) / ScratchMemory.Line * ScratchMemory.Line));
        int width = 2 * lanes, rows = cut.Rows, rowsOfHead = cut.QueriesOfPiece * cut.Shared;
        KeyHead = (int)op->Src1->Ne[0];
        ValueStride = ((int)op->Src2->Ne[0] + width - 1) / width * width;
        Cells = new VisibleCells(ref scratch, (int)op->Src1->Ne[1]);
        Queries = scratch.Take<float>((long)rows * KeyHead);
        Sums = scratch.Take<float>((long)rows * ValueStride);
        Largest = scratch.Take<float>(rows);
        Totals = scratch.Take<float>(rows);
        Scores = scratch.Take<float>((long)rowsOfHead * CellBlock.Size);
        Tile = scratch.Take<float>((long)CellBlock.Size * Math.Max(KeyHead, ValueStride));
        Bias = scratch.Take<float>((long)cut.QueriesOfPiece * CellBlock.Size);
        QueryRows = (float**)scratch.Take<nint>(rowsOfHead);
        SumRows = (float**)scratch.Take<nint>(rowsOfHead);
        ScoreRows = (float**)scratch.Take<nint>(rowsOfHead);
        _end = scratch.Next;
    }

    /// <summary>Bytes for one thread, wherever its part starts.</summary>
    public static long Size(GgmlTensor* op, in WorkCut cut, int lanes) => (long)new TaskMemory(null, op, cut, lanes)._end + ScratchMemory.Line;
}

/// <summary>Hands out a thread's part of ggml's work buffer, in whole cache lines. From address 0 it only counts.</summary>
internal unsafe struct ScratchMemory(byte* start)
{
    public const int Line = 64;

    private byte* _next = start;

    public readonly byte* Next => _next;

    public T* Take<T>(long count)
        where T : unmanaged
    {
        var taken = (T*)_next;
        _next += ((count * sizeof(T)) + Line - 1) / Line * Line;
        return taken;
    }
}
