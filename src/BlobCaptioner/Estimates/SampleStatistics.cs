namespace BlobCaptioner.Estimates;

/// <summary>Estimates from a sample, with 95 % confidence intervals.</summary>
internal static class SampleStatistics
{
    // 97.5 % point of the normal distribution.
    private const double Z = 1.959963984540054;

    // Student's t, 97.5 %, for 1 to 30 degrees of freedom. Source: https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm.
    private static readonly double[] T975 =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>Mean of values that can't be negative, with Student's t interval. The lower end is 0 or more.</summary>
    /// <param name="values">At least one. With a single value the spread is unknown, and both ends are null.</param>
    /// <exception cref="ArgumentException"><paramref name="values"/> is empty.</exception>
    public static Interval Mean(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
        {
            throw new ArgumentException("A mean needs one or more values.", nameof(values));
        }

        var mean = values.Average();
        if (values.Count == 1)
        {
            return new(mean, Low: null, High: null);
        }

        var variance = values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1);
        var half = T(values.Count - 1) * Math.Sqrt(variance / values.Count);
        return new(mean, Math.Max(0, mean - half), mean + half);
    }

    /// <summary>A share with Wilson's interval, which is valid for small counts and for 0. Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.</summary>
    /// <param name="count">Number that has the property, 0 or more.</param>
    /// <param name="of">Number in all, 1 or more.</param>
    public static Interval Share(int count, int of)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(of, 1);
        var share = (double)count / of;
        var (z2, n) = (Z * Z, (double)of);
        var middle = (share + (z2 / (2 * n))) / (1 + (z2 / n));
        var half = Z / (1 + (z2 / n)) * Math.Sqrt((share * (1 - share) / n) + (z2 / (4 * n * n)));
        return new(share, count == 0 ? 0 : middle - half, count == of ? 1 : middle + half);
    }

    /// <summary>Student's t, 97.5 %. Beyond the table: the expansion around the normal distribution (Abramowitz and Stegun 26.7.5), exact to 0.001.</summary>
    internal static double T(int degrees)
    {
        if (degrees <= T975.Length)
        {
            return T975[degrees - 1];
        }

        var (z3, z5) = (Z * Z * Z, Z * Z * Z * Z * Z);
        return Z + ((z3 + Z) / (4.0 * degrees)) + (((5 * z5) + (16 * z3) + (3 * Z)) / (96.0 * degrees * degrees));
    }
}
