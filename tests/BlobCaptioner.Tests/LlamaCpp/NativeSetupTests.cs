using System.Text.Json;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Setup;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

public sealed class NativeSetupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-natives-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckAsync_MissingTool_NamesTheCommandThatInstallsIt()
    {
        var check = await new RequiredTool("frobnicator", ["no-such-tool-7f3a"], null, "sudo apt-get install -y frobnicator").CheckAsync(Cancellation);

        Assert.False(check.Ok);
        Assert.Equal("not found", check.Found);
        Assert.Contains("apt-get install", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckAsync_TooOldTool_ShowsItsVersion()
    {
        var check = await new RequiredTool("git 999", ["git"], new(999, 0), "x").CheckAsync(Cancellation);

        Assert.False(check.Ok);
        Assert.StartsWith("git version", check.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckToolsAsync_ThisMachine_HasAllOfThem()
    {
        var checks = await NativeLibraries.CheckToolsAsync(Cancellation);

        Assert.Equal(6, checks.Count);
        Assert.All(checks, c => Assert.True(c.Ok, $"{c.Name}: {c.Found}. {c.Remedy}"));
        Assert.All(checks, c => Assert.Contains("apt-get install", c.Remedy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cmake version 3.25.1", "3.25.1")]
    [InlineData("v20.20.2", "20.20.2")]
    [InlineData("c++ (Debian 12.2.0-14) 12.2.0", "12.2.0")]
    [InlineData("none", null)]
    public void ParseVersion_FirstLine_FindsTheNumber(string line, string? expected) =>
        Assert.Equal(expected, RequiredTool.ParseVersion(line)?.ToString());

    [Fact]
    public void PlatformFor_Unsupported_SaysWhichAre()
    {
        Assert.Equal("@node-llama-cpp/linux-x64", NativePlatform.For("linux-x64").NpmPackage);
        var error = Assert.Throws<NativeSetupException>(() => NativePlatform.For("osx-arm64"));
        Assert.Contains("osx-arm64", error.Message, StringComparison.Ordinal);
        Assert.Contains("linux-x64", error.Message, StringComparison.Ordinal);
        Assert.Contains("BLOBCAPTIONER_NATIVES", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteTo_LockFile_PinsEveryPackageAndNoMirror()
    {
        SetupFiles.WriteTo(_folder);

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "package-lock.json"), Cancellation));
        var packages = json.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0).ToList();
        Assert.Contains(packages, p => p.Name == "node_modules/node-llama-cpp");
        foreach (var platform in NativePlatform.Supported)
        {
            Assert.Contains(packages, p => p.Name == "node_modules/" + platform.NpmPackage);
        }

        Assert.All(packages, p => Assert.StartsWith("sha512-", p.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal));
        Assert.All(packages, p => Assert.False(
            p.Value.TryGetProperty("resolved", out var url) && url.GetString()!.StartsWith("https://registry.npmjs.org/", StringComparison.Ordinal) is false, p.Name));
        Assert.True(File.Exists(Path.Combine(_folder, "CMakeLists.txt")));
    }

    [Fact]
    public async Task AcquireAsync_HeldByAnother_WaitsForItsEnd()
    {
        var path = Path.Combine(_folder, "x.lock");
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await FileLock.TakeAsync(path, onWait: null, TimeProvider.System, Cancellation);

        var second = FileLock.TakeAsync(path, waiting.SetResult, TimeProvider.System, Cancellation);
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.False(second.IsCompleted);
        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(10), Cancellation)).Dispose();
    }

    [Fact]
    public async Task InstallAsync_FolderIsThere_RunsNothing()
    {
        var progress = new List<string>();

        await NativeLibraries.InstallAsync(_folder, NativePlatform.For("linux-x64"), new Collector(progress), Cancellation);

        Assert.Empty(progress);
    }

    [Fact]
    public async Task RunAsync_ToolFails_ShowsWhatItSaid()
    {
        var error = await Assert.ThrowsAsync<NativeSetupException>(() => ToolProcess.RunAsync("git", ["frobnicate"], _folder, onLine: null, Cancellation));

        Assert.Contains("'git frobnicate' ended with exit code 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("not a git command", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Cancelled_KillsTheTool()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = ToolProcess.RunAsync("node", ["-e", "console.log(1); setInterval(() => {}, 1000)"], _folder, _ => seen.TrySetResult(), cancel.Token);
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [Fact]
    public async Task RunAsync_BuildCancelled_LeavesNothingBehind()
    {
        using var cancel = new CancellationTokenSource();
        var scratch = Path.Combine(_folder, "scratch");
        var target = Path.Combine(_folder, "hash", "linux-x64");
        var progress = new CancelOnFirst(cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new NativeBuild(NativePlatform.For("linux-x64"), progress).RunAsync(scratch, target, cancel.Token));

        Assert.False(Directory.Exists(scratch));
        Assert.False(Directory.Exists(target));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Collector(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }

    private sealed class CancelOnFirst(CancellationTokenSource cancel) : IProgress<string>
    {
        public void Report(string value) => cancel.Cancel();
    }
}
