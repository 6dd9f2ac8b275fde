using System.Diagnostics;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Tests.Infra;
using Xunit;

namespace BlobCaptioner.Tests.GpuWorker;

/// <summary>The worker container's program as it is built, with the natives that it carries.</summary>
public sealed class GpuWorkerProcessTests
{
    private static readonly string Program = Path.Combine(InfraFiles.Metadata("GpuWorker"), "BlobCaptioner.GpuWorker.dll");

    [Fact]
    public async Task SelfTest_BundledModel_DescribesAPictureOnLLamaSharp()
    {
        var (code, output) = await RunAsync("--self-test", "Engine:Slots=2", "Captioning:Profile=sample");

        Assert.True(code == 0, output);
        Assert.Contains($"on {NativeLibraries.Engine}", output, StringComparison.Ordinal);
        Assert.Contains("  title: ", output, StringComparison.Ordinal);
        Assert.Contains("The model computes on ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("warn:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_UnknownOption_SaysWhichThereAre()
    {
        var (code, output) = await RunAsync("--selftest");

        Assert.Equal(2, code);
        Assert.Contains("--self-test", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var cancel = TestContext.Current.CancellationToken;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, string.Concat(output));
    }
}
