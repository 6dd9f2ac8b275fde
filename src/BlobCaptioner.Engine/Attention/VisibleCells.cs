using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Attention;

/// <summary>Up to <see cref="Size"/> cells that are computed at once.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct CellBlock
{
    /// <summary>16 KB of floats for heads of 128: half of a first-level cache.</summary>
    public const int Size = 32;

    /// <summary>Where its cells start in <see cref="VisibleCells.Order"/>.</summary>
    public int First;

    public int Count;

    /// <summary>A bit for each query that sees any of its cells.</summary>
    public ulong Queries;

    /// <summary>Not every query of <see cref="Queries"/> sees every cell, or the mask holds more than 0 and -infinity.</summary>
    public bool Mixed;
}

/// <summary>
/// The cells of a KV cache by the set of queries that see them: a prompt that all sequences share is one set, a picture that a sequence's languages share another, and a cell that
/// no query sees is in none. Blocks of one set need no mask. The rest of each set, less than a block, goes into mixed blocks.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct VisibleCells
{
    /// <summary>Queries at once: bits of a set.</summary>
    public const int MaxQueries = 64;

    /// <summary>-infinity as a half.</summary>
    public const ushort Hidden = 0xFC00;

    /// <summary>Sets that are compared with a new one, the latest first. A set that is not found again merely counts twice.</summary>
    private const int LookBack = 64;

    [StructLayout(LayoutKind.Auto)]
    private struct Run
    {
        public int First;
        public int Count;
        public int Group;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Group
    {
        public ulong Queries;
        public int Count;
        public int Left;
        public int Next;
        public int NextMixed;
    }

    private readonly int _cells;
    private readonly Run* _runs;
    private readonly Group* _groups;
    private int _runCount;
    private int _groupCount;
    private bool _otherValues;

    public readonly int* Order;
    public readonly CellBlock* Blocks;
    public int BlockCount;

    public VisibleCells(ref ScratchMemory scratch, int cells)
    {
        _cells = cells;
        _runs = scratch.Take<Run>(cells);
        _groups = scratch.Take<Group>(cells);
        Order = scratch.Take<int>(cells);
        Blocks = scratch.Take<CellBlock>((cells / CellBlock.Size) + 2);
    }

    /// <summary>Sorts the cells for some queries, whose mask's rows lie <paramref name="rowBytes"/> apart. No mask: all queries see all cells.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sort(byte* mask, long rowBytes, int queries)
    {
        _runCount = _groupCount = 0;
        _otherValues = false;
        if (mask == null)
        {
            Add(0, _cells, queries == MaxQueries ? ~0ul : (1ul << queries) - 1);
        }
        else
        {
            Read(mask, rowBytes, queries);
        }

        CutIntoBlocks();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(byte* mask, long rowBytes, int queries)
    {
        var hidden = Vector256.Create(Hidden);
        var seen = Vector256<ushort>.Zero;
        var cell = 0;
        for (; cell + Vector256<ushort>.Count <= _cells; cell += Vector256<ushort>.Count)
        {
            ulong all = 0, some = 0;
            var row = mask + ((long)cell * sizeof(ushort));
            for (var q = 0; q < queries; q++, row += rowBytes)
            {
                var values = Vector256.Load((ushort*)row);
                var away = Vector256.Equals(values, hidden);
                seen |= Vector256.AndNot(values, away);
                var bits = Avx2.MoveMask(away.AsByte());
                all |= bits == 0 ? 1ul << q : 0;
                some |= bits != 0 && bits != -1 ? 1ul << q : 0;
            }

            if (some == 0)
            {
                Add(cell, Vector256<ushort>.Count, all);
                continue;
            }

            for (var c = cell; c < cell + Vector256<ushort>.Count; c++)
            {
                Add(c, 1, all | SeeingOf(some, mask + ((long)c * sizeof(ushort)), rowBytes));
            }
        }

        _otherValues = seen != Vector256<ushort>.Zero;
        for (; cell < _cells; cell++)
        {
            var column = mask + ((long)cell * sizeof(ushort));
            Add(cell, 1, SeeingOf(queries == MaxQueries ? ~0ul : (1ul << queries) - 1, column, rowBytes));
            for (var q = 0; q < queries; q++)
            {
                _otherValues |= *(ushort*)(column + (q * rowBytes)) is not (0 or Hidden);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong SeeingOf(ulong queries, byte* column, long rowBytes)
    {
        ulong seeing = 0;
        for (var left = queries; left != 0; left &= left - 1)
        {
            if (*(ushort*)(column + (BitOperations.TrailingZeroCount(left) * rowBytes)) != Hidden)
            {
                seeing |= left & (~left + 1);
            }
        }

        return seeing;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(int first, int count, ulong queries)
    {
        if (queries == 0)
        {
            return;
        }

        var run = _runs + _runCount - 1;
        if (_runCount > 0 && _groups[run->Group].Queries == queries)
        {
            _groups[run->Group].Count += count;
            if (run->First + run->Count == first)
            {
                run->Count += count;
                return;
            }

            _runs[_runCount++] = new Run { First = first, Count = count, Group = run->Group };
            return;
        }

        var group = _groupCount - 1;
        for (var stop = Math.Max(-1, group - LookBack); group > stop && _groups[group].Queries != queries; group--)
        {
        }

        if (group < 0 || _groups[group].Queries != queries)
        {
            group = _groupCount++;
            _groups[group] = new Group { Queries = queries };
        }

        _groups[group].Count += count;
        _runs[_runCount++] = new Run { First = first, Count = count, Group = group };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CutIntoBlocks()
    {
        BlockCount = 0;
        var next = 0;
        for (var g = 0; g < _groupCount; g++)
        {
            var group = _groups + g;
            group->Left = _otherValues ? 0 : group->Count / CellBlock.Size * CellBlock.Size;
            group->Next = next;
            for (var end = next + group->Left; next < end; next += CellBlock.Size)
            {
                Blocks[BlockCount++] = new CellBlock { First = next, Count = CellBlock.Size, Queries = group->Queries };
            }
        }

        var mixed = BlockCount;
        var firstMixed = next;
        for (var g = 0; g < _groupCount; g++)
        {
            var group = _groups + g;
            group->NextMixed = next;
            for (var (at, end) = (next, next + group->Count - group->Left); at < end;)
            {
                var block = Blocks + mixed + ((at - firstMixed) / CellBlock.Size);
                if (block - Blocks == BlockCount)
                {
                    *block = new CellBlock { First = at, Queries = group->Queries, Mixed = _otherValues };
                    BlockCount++;
                }

                var here = Math.Min(end - at, block->First + CellBlock.Size - at);
                block->Mixed |= block->Queries != group->Queries;
                block->Queries |= group->Queries;
                block->Count += here;
                at += here;
            }

            next += group->Count - group->Left;
        }

        for (var r = 0; r < _runCount; r++)
        {
            var group = _groups + _runs[r].Group;
            for (var (cell, end) = (_runs[r].First, _runs[r].First + _runs[r].Count); cell < end; cell++)
            {
                Order[group->Left-- > 0 ? group->Next++ : group->NextMixed++] = cell;
            }
        }
    }
}
