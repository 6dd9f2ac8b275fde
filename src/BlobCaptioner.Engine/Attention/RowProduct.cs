using System.Runtime.CompilerServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>Rows times a tile, which is both of attention's products: queries times keys gives scores, weights times values gives sums.</summary>
internal static unsafe class RowProduct<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary><c>to[r][0..width] = from[r][0..depth] x tile[depth][stride]</c>, or that is added to it. The width is a multiple of two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float** from, float** to, int rows, float* tile, int stride, int depth, int width, bool add)
    {
        nint step = 2 * TSimd.Lanes;
        for (var r = 0; r < rows; r += 4)
        {
            // Where fewer rows are left, the last one is computed again, to the same result.
            int last = rows - 1, second = Math.Min(r + 1, last), third = Math.Min(r + 2, last), fourth = Math.Min(r + 3, last);
            for (nint x = 0; x < width; x += step)
            {
                if (last - r < 2)
                {
                    TwoRows(from[r], from[second], to[r] + x, to[second] + x, tile + x, stride, depth, add);
                }
                else
                {
                    FourRows(
                        from[r], from[second], from[third], from[fourth], to[r] + x, to[second] + x, to[third] + x, to[fourth] + x, tile + x, stride, depth, add);
                }
            }
        }
    }

    /// <summary>Two rows and two registers, with sums of their own for every other step: four sums alone would wait for the multiply-adds before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(float* a, float* b, float* toA, float* toB, float* tile, nint stride, nint depth, bool add)
    {
        nint lanes = TSimd.Lanes;
        TVector a0, a1, b0, b1, evenA0, evenA1, evenB0, evenB1;
        a0 = a1 = b0 = b1 = evenA0 = evenA1 = evenB0 = evenB1 = TSimd.Zero;
        if (add)
        {
            (a0, a1, b0, b1) = (TSimd.Load(toA), TSimd.Load(toA + lanes), TSimd.Load(toB), TSimd.Load(toB + lanes));
        }

        nint k = 0;
        for (; k + 2 <= depth; k += 2, tile += 2 * stride)
        {
            TVector x = TSimd.Load(tile), y = TSimd.Load(tile + lanes);
            TVector w = TSimd.Create(a[k]), u = TSimd.Create(b[k]);
            evenA0 = TSimd.MultiplyAdd(w, x, evenA0);
            evenA1 = TSimd.MultiplyAdd(w, y, evenA1);
            evenB0 = TSimd.MultiplyAdd(u, x, evenB0);
            evenB1 = TSimd.MultiplyAdd(u, y, evenB1);
            (x, y) = (TSimd.Load(tile + stride), TSimd.Load(tile + stride + lanes));
            (w, u) = (TSimd.Create(a[k + 1]), TSimd.Create(b[k + 1]));
            a0 = TSimd.MultiplyAdd(w, x, a0);
            a1 = TSimd.MultiplyAdd(w, y, a1);
            b0 = TSimd.MultiplyAdd(u, x, b0);
            b1 = TSimd.MultiplyAdd(u, y, b1);
        }

        if (k < depth)
        {
            TVector x = TSimd.Load(tile), y = TSimd.Load(tile + lanes);
            TVector w = TSimd.Create(a[k]), u = TSimd.Create(b[k]);
            a0 = TSimd.MultiplyAdd(w, x, a0);
            a1 = TSimd.MultiplyAdd(w, y, a1);
            b0 = TSimd.MultiplyAdd(u, x, b0);
            b1 = TSimd.MultiplyAdd(u, y, b1);
        }

        TSimd.Store(TSimd.Add(a0, evenA0), toA);
        TSimd.Store(TSimd.Add(a1, evenA1), toA + lanes);
        TSimd.Store(TSimd.Add(b0, evenB0), toB);
        TSimd.Store(TSimd.Add(b1, evenB1), toB + lanes);
    }

    /// <summary>Four rows and two registers: eight sums, as many as multiply-adds are under way at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(
        float* a, float* b, float* c, float* d, float* toA, float* toB, float* toC, float* toD, float* tile, nint stride, nint depth, bool add)
    {
        nint lanes = TSimd.Lanes;
        TVector a0, a1, b0, b1, c0, c1, d0, d1;
        if (add)
        {
            (a0, a1, b0, b1) = (TSimd.Load(toA), TSimd.Load(toA + lanes), TSimd.Load(toB), TSimd.Load(toB + lanes));
            (c0, c1, d0, d1) = (TSimd.Load(toC), TSimd.Load(toC + lanes), TSimd.Load(toD), TSimd.Load(toD + lanes));
        }
        else
        {
            a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = TSimd.Zero;
        }

        for (nint k = 0; k < depth; k++, tile += stride)
        {
            TVector x = TSimd.Load(tile), y = TSimd.Load(tile + lanes);
            var w = TSimd.Create(a[k]);
            a0 = TSimd.MultiplyAdd(w, x, a0);
            a1 = TSimd.MultiplyAdd(w, y, a1);
            w = TSimd.Create(b[k]);
            b0 = TSimd.MultiplyAdd(w, x, b0);
            b1 = TSimd.MultiplyAdd(w, y, b1);
            w = TSimd.Create(c[k]);
            c0 = TSimd.MultiplyAdd(w, x, c0);
            c1 = TSimd.MultiplyAdd(w, y, c1);
            w = TSimd.Create(d[k]);
            d0 = TSimd.MultiplyAdd(w, x, d0);
            d1 = TSimd.MultiplyAdd(w, y, d1);
        }

        TSimd.Store(a0, toA);
        TSimd.Store(a1, toA + lanes);
        TSimd.Store(b0, toB);
        TSimd.Store(b1, toB + lanes);
        TSimd.Store(c0, toC);
        TSimd.Store(c1, toC + lanes);
        TSimd.Store(d0, toD);
        TSimd.Store(d1, toD + lanes);
    }
}
