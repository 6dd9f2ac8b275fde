using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BlobCaptioner.Benchmarks.Images;

/// <summary>Runs a program to its end and measures time and memory.</summary>
internal static class ChildProcess
{
    private const int ChildrenOfThisProcess = -1;

    /// <summary>Measures a whole run, start-up included, and returns its output.</summary>
    /// <exception cref="InvalidOperationException">It ended with an error.</exception>
    public static async Task<(Measurement Taken, string Output)> RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["VIPS_CONCURRENCY"] = "1";
        var before = ProcessorTimeOfChildren();
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(5)))
        {
            peak = Math.Max(peak, ResidentPeak.OfProcess(process.Id));
        }

        var wall = clock.Elapsed;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program}' ended with {process.ExitCode}: {await errors}");
        }

        return (new Measurement(wall, ProcessorTimeOfChildren() - before, peak), await output);
    }

    /// <summary>A run of <see cref="PreparationRun"/>, by its own figures.</summary>
    public static async Task<Measurement> RunSelfAsync(string contender, string output, IReadOnlyList<string> files)
    {
        var (_, text) = await RunAsync("dotnet", [typeof(ChildProcess).Assembly.Location, "images", "--child", contender, output, .. files]);
        var figures = text.Split(' ').Select(f => double.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return new Measurement(TimeSpan.FromMilliseconds(figures[0]), TimeSpan.FromMilliseconds(figures[1]), (long)figures[2] * 1024);
    }

    private static TimeSpan ProcessorTimeOfChildren()
    {
        // struct rusage begins with ru_utime and ru_stime, two pairs of seconds and microseconds
        var usage = new long[18];
        return GetResourceUsage(ChildrenOfThisProcess, usage) == 0
            ? TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3])
            : throw new InvalidOperationException("getrusage failed; this benchmark needs 64-bit Linux.");
    }

    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetResourceUsage(int who, long[] usage);
}

/// <summary>Time and memory of one contender for one set of pictures.</summary>
/// <param name="Wall">Time on the clock, without start-up.</param>
/// <param name="Processor">Processor time of all its threads, without start-up.</param>
/// <param name="PeakBytes">Most resident memory of its process, start-up included.</param>
internal sealed record Measurement(TimeSpan Wall, TimeSpan Processor, long PeakBytes)
{
    public double PerCore(int pictures) => pictures / Processor.TotalSeconds;

    public double PerSecond(int pictures) => pictures / Wall.TotalSeconds;
}

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
