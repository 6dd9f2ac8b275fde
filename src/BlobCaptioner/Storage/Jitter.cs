namespace BlobCaptioner.Storage;

/// <summary>Random numbers that spread retries of many processes. A simulation sets a seeded source for the code that it runs.</summary>
internal static class Jitter
{
    private static readonly AsyncLocal<Random?> Source = new();

    /// <summary>The next number, 0 to below 1.</summary>
#pragma warning disable CA5394 // Jitter needs no secrecy.
    public static double Next() => (Source.Value ?? Random.Shared).NextDouble();
#pragma warning restore CA5394

    /// <summary>Sets the source for the calling async flow and all that it starts.</summary>
    public static void Use(Random source) => Source.Value = source;
}
