using System.IO.MemoryMappedFiles;
using BlobCaptioner.Engine.Natives;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

public sealed class MappedFileTests
{
    private const int Bytes = 8 << 20;

    [Fact]
    public void Release_MappedForReading_FreesItsPagesAndKeepsItsContent()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. Enumerable.Repeat((byte)7, Bytes)]);
            using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
            using var view = file.CreateViewStream(0, 0, MemoryMappedFileAccess.Read);
            Assert.Equal(7L * Bytes, Sum(view));
            var before = ResidentOf(path);

            var released = MappedFile.Release(path);

            Assert.InRange(before, Bytes - 4_096, Bytes);
            Assert.InRange(released, Bytes, Bytes + 4_096);
            Assert.Equal(0, ResidentOf(path));
            view.Position = 0;
            Assert.Equal(7L * Bytes, Sum(view));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Release_NotMapped_DoesNothing() => Assert.Equal(0, MappedFile.Release("/no/such/file.gguf"));

    private static long Sum(Stream stream)
    {
        var buffer = new byte[65_536];
        var sum = 0L;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            foreach (var value in buffer.AsSpan(0, read))
            {
                sum += value;
            }
        }

        return sum;
    }

    private static long ResidentOf(string path)
    {
        var (isIts, bytes) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            isIts = IsHead(line) ? line.EndsWith(path, StringComparison.Ordinal) : isIts;
            if (isIts && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                bytes += long.Parse(line.AsSpan(4, line.Length - 7).Trim(), System.Globalization.CultureInfo.InvariantCulture) * 1024;
            }
        }

        return bytes;
    }

    private static bool IsHead(string line) => char.IsAsciiHexDigitLower(line[0]) && line.IndexOf('-', StringComparison.Ordinal) is > 0 and < 20 && !line.Contains("kB", StringComparison.Ordinal);
}
