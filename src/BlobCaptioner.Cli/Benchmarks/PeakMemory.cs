namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>The kernel's own high-water mark of this process's resident memory (VmHWM in <c>/proc</c>).</summary>
internal static class PeakMemory
{
    /// <summary>Bytes; null where the system does not tell.</summary>
    public static long? OfThisProcess() => Read("VmHWM:");

    /// <summary>What is resident now, bytes; null where the system does not tell.</summary>
    public static long? Now() => Read("VmRSS:");

    private static long? Read(string name)
    {
        if (!File.Exists("/proc/self/status"))
        {
            return null;
        }

        var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.AsSpan()[name.Length..^2].Trim()) * 1024;
    }
}
