using System.Diagnostics;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>Waits for what another process does and does not tell.</summary>
internal static class Eventually
{
    /// <summary>After this something hangs: far above what a busy machine needs.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    /// <summary>Looks again and again until it is true.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Deadline, $"still not: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits for a process to be gone.</summary>
    public static Task GoneAsync(int processId) => TrueAsync(() => Task.FromResult(!IsAlive(processId)), $"process {processId} gone");

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
