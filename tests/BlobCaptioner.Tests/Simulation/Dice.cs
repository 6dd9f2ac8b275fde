namespace BlobCaptioner.Tests.Simulation;

/// <summary>
/// Everything random of a run, from one seed. <see cref="Of(ulong)"/> gives dice for one subject, so that what one subject draws doesn't depend on how often others draw: a schedule
/// keeps its shape while it is shrunk.
/// </summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Seed { get; } = seed;

    /// <summary>Dice of their own for a subject; the same subject gets the same.</summary>
    public Dice Of(ulong subject) => new(Mix(Seed ^ Mix(subject + 0x9E3779B97F4A7C15)));

    /// <inheritdoc cref="Of(ulong)" path="/summary"/>
    public Dice Of(string subject)
    {
        // FNV-1a: string.GetHashCode differs from process to process
        var hash = 14695981039346656037;
        foreach (var letter in subject)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return Of(hash);
    }

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>From 0 to below the limit.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>From 0 to below 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Fraction() < probability;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * Fraction());

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    // SplitMix64's finalizer
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
