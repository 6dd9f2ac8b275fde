using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class BenchTests(AzuriteFixture files)
{
    [Fact]
    public async Task BenchEngine_AFewPictures_SaysWhereTheTimeGoes()
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "bench", "engine", "--count", "8", "--rounds", "2", "--edge", "96", "--json");
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);
        var found = result.Json[0];
        double Number(string name) => found.GetProperty(name).GetDouble();
        Assert.True(Number("outputTokens") > Number("sampledTokens"));
        Assert.Equal(1, Number("picturesPerMinute") * Number("secondsAPicture") / 60, precision: 1);

        // All of the decode thread's time is accounted for.
        var parts = new[] { "prefillMs", "decodeMs", "chooseMs", "waitMs", "otherMs" }.Sum(Number);
        Assert.InRange(parts / (1_000 * Number("secondsAPicture")), 0.8, 1.2);
        Assert.True(found.GetProperty("bare").GetProperty("stepOfAllMs").GetDouble() > 0);
    }

    [Fact]
    public async Task BenchPipeline_Help_ShowsOptionsExamplesAndExitCodes()
    {
        var result = await CaptionerProcess.RunBenchmarkAsync(files.CreateFolder(), "pipeline", "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All((string[])["--count", "--rounds", "--json", "Examples:", "BlobCaptioner.Benchmarks -- pipeline", "Exit codes:", "Show help"],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BenchPipeline_BadUse_ReturnsTwoAndSaysWhatIsWrong()
    {
        var folder = files.CreateFolder();
        var result = await CaptionerProcess.RunBenchmarkAsync(folder, "pipeline", "--count", "0");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("1 to 100000", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task BenchPipeline_AFewPictures_ComparesBothAndLeavesNoContainerBehind()
    {
        var folder = files.CreateFolder();
        var result = await CaptionerProcess.RunBenchmarkAsync(folder, "pipeline", "--count", "12", "--rounds", "2", "--edge", "96", "--json");
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);
        var found = result.Json[0];
        Assert.Equal(2, found.GetProperty("rounds").GetArrayLength());
        Assert.All(found.GetProperty("rounds").EnumerateArray(), round =>
        {
            Assert.InRange(round.GetProperty("ratio").GetDouble(), 0.0001, 10);
            Assert.True(round.GetProperty("azuriteCpuMs").GetDouble() > 0);
            Assert.InRange(new[] { "encode", "prefill", "decode" }.Sum(p => round.GetProperty("shares").GetProperty(p).GetDouble()), 0.99, 1.01);
        });
        Assert.InRange(found.GetProperty("imageTokens").GetInt32(), 8, 16);

        await using var azurite = await AzuriteFixture.StartOwnAsync(Path.Combine(folder, "data"), ports: null, TestContext.Current.CancellationToken);
        await foreach (var container in new Azure.Storage.Blobs.BlobServiceClient(azurite.ConnectionString).GetBlobContainersAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Fail($"left behind: {container.Name}");
        }
    }
}
