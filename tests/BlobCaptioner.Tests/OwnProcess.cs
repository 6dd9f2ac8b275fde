using System.Diagnostics;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>Starts the test program again for one explicit test: what must be alone in its process.</summary>
internal static class OwnProcess
{
    /// <summary>Runs the test and asserts that it passed.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="method">Its name; it is explicit.</param>
    /// <param name="environment">What it is told; null leaves a variable out.</param>
    /// <returns>What it and the runner wrote.</returns>
    public static async Task<string> RunAsync(Type type, string method, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [type.Assembly.Location, "-explicit", "only", "-showLiveOutput", "-method", $"*.{type.Name}.{method}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Total: 1", output, StringComparison.Ordinal);
        Assert.Contains("Not Run: 0", output, StringComparison.Ordinal);
        return output;
    }
}
