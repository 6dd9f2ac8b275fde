using System.Runtime.CompilerServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>A block's keys and values as floats, laid out for <see cref="RowProduct{TSimd, TVector}"/>: once for all rows that see the block.</summary>
internal static unsafe class CellTile<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Fills [head][<see cref="CellBlock.Size"/>]: a float of the head of all cells, side by side, so that no product needs a sum across a register.
    /// The last cell's address comes again in <paramref name="keys"/> up to a whole register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FillKeys(nint* keys, int cells, int head, float* tile)
    {
        var largest = TSimd.Zero;
        for (var cell = 0; cell < cells; cell += TSimd.Lanes)
        {
            var to = tile + cell;
            for (nint d = 0; d < head; d += 8)
            {
                // Four registers of four pairs of halves for a quarter of the cells each: turned, each has one pair of all cells.
                var offset = d * sizeof(ushort);
                TVector a = TSimd.LoadEights(keys + cell, offset), b = TSimd.LoadEights(keys + cell + 1, offset);
                TVector c = TSimd.LoadEights(keys + cell + 2, offset), e = TSimd.LoadEights(keys + cell + 3, offset);
                largest = TSimd.MaxHalves(TSimd.MaxHalves(TSimd.MaxHalves(TSimd.MaxHalves(largest, a), b), c), e);
                TVector ab = TSimd.Low32(a, b), abHigh = TSimd.High32(a, b), ce = TSimd.Low32(c, e), ceHigh = TSimd.High32(c, e);
                StorePair(TSimd.Low64(ab, ce), to);
                StorePair(TSimd.High64(ab, ce), to + (2 * CellBlock.Size));
                StorePair(TSimd.Low64(abHigh, ceHigh), to + (4 * CellBlock.Size));
                StorePair(TSimd.High64(abHigh, ceHigh), to + (6 * CellBlock.Size));
                to += 8 * CellBlock.Size;
            }
        }

        if (TSimd.AnyNonFinite(largest))
        {
            for (var cell = 0; cell < cells; cell++)
            {
                FillExactly((Half*)keys[cell], tile + cell, CellBlock.Size, head);
            }
        }
    }

    /// <summary>Fills [cell][stride], with 0 behind the head. Returns whether all values are finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool FillValues(nint* values, int cells, int head, int stride, float* tile)
    {
        var largest = TSimd.Zero;
        for (var cell = 0; cell < cells; cell++)
        {
            var from = (ushort*)values[cell];
            var to = tile + ((nint)cell * stride);
            nint d = 0;
            for (; d + TSimd.Lanes <= head; d += TSimd.Lanes)
            {
                var value = TSimd.Widen(from + d);
                largest = TSimd.Max(largest, TSimd.Abs(value));
                TSimd.Store(value, to + d);
            }

            if (d < head)
            {
                var value = TSimd.WidenEight(from + d);
                largest = TSimd.Max(largest, TSimd.Abs(value));
                TSimd.Store(value, to + d);
                d += TSimd.Lanes;
            }

            for (; d < stride; d += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Zero, to + d);
            }
        }

        // No finite half is beyond 65504.
        if (TSimd.Largest(largest) < 65536)
        {
            return true;
        }

        for (var cell = 0; cell < cells; cell++)
        {
            FillExactly((Half*)values[cell], tile + ((nint)cell * stride), 1, head);
        }

        return false;
    }

    private static void FillExactly(Half* from, float* to, int step, int head)
    {
        for (var d = 0; d < head; d++)
        {
            to[d * step] = (float)from[d];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(TVector pairs, float* to)
    {
        TSimd.Store(TSimd.WidenEven(pairs), to);
        TSimd.Store(TSimd.WidenOdd(pairs), to + CellBlock.Size);
    }
}
