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
        for (var r = 0; r < rows; r += 4)
        {
            // Four rows hold the multiply-adds' latency. Where fewer are left, the last one is computed again, to the same result.
            int last = rows - 1, second = Math.Min(r + 1, last), third = Math.Min(r + 2, last), fourth = Math.Min(r + 3, last);
            for (nint x = 0; x < width; x += 2 * TSimd.Lanes)
            {
                FourRows(
                    from[r], from[second], from[third], from[fourth], to[r] + x, to[second] + x, to[third] + x, to[fourth] + x, tile + x, stride, depth, add);
            }
        }
    }

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
