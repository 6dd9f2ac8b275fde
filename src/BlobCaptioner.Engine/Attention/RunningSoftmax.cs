using System.Runtime.CompilerServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>A softmax over cells that come block by block: weights relative to the largest score so far, and sums that are scaled down where a larger one comes (arXiv:2112.05682).</summary>
internal static unsafe class RunningSoftmax<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Makes weights of a row's scores, which gain <paramref name="bias"/>, the row's part of the mask, where it isn't null. The row's sums have <paramref name="stride"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(float* scores, int width, float* bias, float* sums, int stride, float* largest, float* total)
    {
        var high = TSimd.Create(float.NegativeInfinity);
        for (nint c = 0; c < width; c += TSimd.Lanes)
        {
            var score = TSimd.Load(scores + c);
            if (bias != null)
            {
                score = TSimd.Masked(TSimd.Load(bias + c), score);
                TSimd.Store(score, scores + c);
            }

            high = TSimd.Max(high, score);
        }

        var most = TSimd.Largest(high);
        if (most > *largest)
        {
            if (*total > 0)
            {
                ScaleDown(sums, stride, total, MathF.Exp(*largest - most));
            }

            *largest = most;
        }

        // A row that has seen nothing yet gets weights of 0.
        var shift = TSimd.Create(float.IsNegativeInfinity(*largest) ? 0 : *largest);
        var sum = TSimd.Zero;
        for (nint c = 0; c < width; c += TSimd.Lanes)
        {
            var weight = Exp(TSimd.Subtract(TSimd.Load(scores + c), shift));
            TSimd.Store(weight, scores + c);
            sum = TSimd.Add(sum, weight);
        }

        *total += TSimd.Sum(sum);
    }

    /// <summary>
    /// e^x for x up to 0, to 2 units in the last place; 0 below -87.7; NaN for NaN. Cody and Waite's reduction, a minimax polynomial of degree 5 (Cephes expf).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        x = TSimd.Max(TSimd.Create(-88.0f), x);
        var n = TSimd.Round(TSimd.Multiply(x, TSimd.Create(1.44269504f)));
        x = TSimd.MultiplyAddNegated(n, TSimd.Create(0.693359375f), x);
        x = TSimd.MultiplyAddNegated(n, TSimd.Create(-2.12194440e-4f), x);
        var y = TSimd.Create(1.9875691500e-4f);
        y = TSimd.MultiplyAdd(y, x, TSimd.Create(1.3981999507e-3f));
        y = TSimd.MultiplyAdd(y, x, TSimd.Create(8.3334519073e-3f));
        y = TSimd.MultiplyAdd(y, x, TSimd.Create(4.1665795894e-2f));
        y = TSimd.MultiplyAdd(y, x, TSimd.Create(1.6666665459e-1f));
        y = TSimd.MultiplyAdd(y, x, TSimd.Create(5.0000001201e-1f));
        y = TSimd.Add(TSimd.MultiplyAdd(y, TSimd.Multiply(x, x), x), TSimd.Create(1.0f));
        return TSimd.Multiply(y, TSimd.PowerOfTwo(n));
    }

    private static void ScaleDown(float* sums, int stride, float* total, float by)
    {
        *total *= by;
        var factor = TSimd.Create(by);
        for (nint d = 0; d < stride; d += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(sums + d), factor), sums + d);
        }
    }
}
