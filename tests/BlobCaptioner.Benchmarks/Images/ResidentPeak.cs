using System.Globalization;

namespace BlobCaptioner.Benchmarks.Images;

/// <summary>The kernel's own high-water mark of a process's resident memory (VmHWM in <c>/proc</c>).</summary>
internal static class ResidentPeak
{
    /// <summary>Bytes; 0 where the process is gone.</summary>
    public static long OfProcess(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan()[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
