using System.Diagnostics;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>This process's resident memory, as the system counts it.</summary>
internal static class PeakMemory
{
    /// <summary>The most so far, bytes; null where the system does not tell (macOS).</summary>
    public static long? OfThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 is > 0 and var bytes ? bytes : null;
    }

    /// <summary>What is resident now, bytes.</summary>
    public static long Now() => Environment.WorkingSet;
}
