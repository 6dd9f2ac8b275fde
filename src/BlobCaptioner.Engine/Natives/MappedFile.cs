using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace BlobCaptioner.Engine.Natives;

/// <summary>Pages of a file that llama.cpp has mapped into memory.</summary>
internal static partial class MappedFile
{
    // MADV_DONTNEED of <sys/mman.h>; for a mapped file it frees the pages, which come back from the file where they are read again.
    private const int DontNeed = 4;

    /// <summary>
    /// Gives the pages of a mapped file back. On a processor llama.cpp copies 4-bit weights into the order that its instructions read; the originals would stay in memory
    /// and are never read again.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>Bytes that were given back at most; 0 if it is not mapped, or not on Linux.</returns>
    public static long Release(string path)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/proc/self/maps"))
        {
            return 0;
        }

        var full = Path.GetFullPath(path);
        var released = 0L;
        foreach (var line in File.ReadLines("/proc/self/maps").Where(l => l.EndsWith(full, StringComparison.Ordinal)))
        {
            // 7f1c2a000000-7f1c37e00000 r--s 00000000 fe:00 1234   /path
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            var space = line.IndexOf(' ', dash);
            var start = nuint.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var end = nuint.Parse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

            // A writable mapping would lose its changes.
            if (line.AsSpan(space + 1).StartsWith("r--", StringComparison.Ordinal) && Advise(start, end - start, DontNeed) == 0)
            {
                released += (long)(end - start);
            }
        }

        return released;
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
