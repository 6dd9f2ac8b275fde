namespace BlobCaptioner.Estimates;

/// <summary>An estimate with its 95 % confidence interval.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Low">Lower end; null where the sample is too small to tell (one picture) or the end is unbounded.</param>
/// <param name="High">Upper end; null likewise.</param>
public sealed record Interval(double Value, double? Low, double? High)
{
    /// <summary>The interval of a multiple.</summary>
    /// <param name="factor">0 or more.</param>
    public Interval Times(double factor) => new(Value * factor, Low * factor, High * factor);

    /// <summary>The interval of a rate whose duration this is: ends change places, and an end of 0 becomes unbounded.</summary>
    /// <param name="numerator">What is divided by it.</param>
    public Interval Under(double numerator) => new(
        numerator / Value, High is { } high and > 0 ? numerator / high : null, Low is { } low and > 0 ? numerator / low : null);
}
