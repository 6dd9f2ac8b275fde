using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Remote;
using Xunit;

namespace BlobCaptioner.Tests.Estimates;

/// <summary><c>captioner estimate</c> as a user runs it, on real storage.</summary>
public sealed class EstimateCommandTests(AzuriteFixture files)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Estimate_SampleModel_GivesErrorBarsAndLeavesTheStoreAsItWas()
    {
        var images = await FillAsync(14);
        await images.UploadBlobAsync("folder/note.jpg", BinaryData.FromString("no picture"), Cancel);
        var before = await ListAsync(images);
        var result = await RunAsync(images, "--profile", "sample", "--sample", "10", "--seed", "3", "--gpu-price-per-hour", "2.50", "--currency", "EUR", "--json");
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(before, await ListAsync(images));

        var estimate = Assert.Single(result.Json);
        Assert.Equal(10, estimate.GetProperty("sampled").GetInt32());
        Assert.Equal(15, estimate.GetProperty("all").GetProperty("images").GetInt32());
        Assert.Equal(15, estimate.GetProperty("outstanding").GetProperty("images").GetInt32());
        var rate = estimate.GetProperty("picturesPerMinute");
        Assert.True(rate.GetProperty("low").GetDouble() < rate.GetProperty("value").GetDouble());
        Assert.True(estimate.GetProperty("inputTokens").GetProperty("value").GetDouble() > 10);
        Assert.True(estimate.GetProperty("all").GetProperty("gpuCost").GetProperty("value").GetDouble() > 0);
        Assert.Equal("EUR", estimate.GetProperty("currency").GetString());
        TestContext.Current.TestOutputHelper?.WriteLine(result.Text);
    }

    [Fact]
    public async Task Estimate_ForPeople_IsATableThatDoubtsFewPictures()
    {
        var result = await RunAsync(await FillAsync(3), "--profile", "sample", "--gpu-price-per-hour", "2.50");
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.All(
            (string[])["pictures a minute", "95 %", "rejected", "all pictures", "still to be done", "GPU cost", "USD", "fewer than 5"],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Estimate_Server_CountsTokensAtTheirPrices()
    {
        await using var server = await StubServer.StartAsync();
        string[] options = ["--profile", "sample", "--server", server.Address.ToString(), "--server-model", "stub", "--json"];
        var images = await FillAsync(6);
        var result = await RunAsync(images, [.. options, "--price-per-million-input", "2", "--price-per-million-output", "10"]);
        Assert.True(result.ExitCode == 0, result.Errors);
        var estimate = Assert.Single(result.Json);
        Assert.Equal((100, 20), (estimate.GetProperty("inputTokens").GetProperty("value").GetDouble(), estimate.GetProperty("outputTokens").GetProperty("value").GetDouble()));

        // six pictures of 100 × 2 + 20 × 10 micro-dollars
        Assert.Equal(0.0024, estimate.GetProperty("all").GetProperty("tokenCost").GetProperty("value").GetDouble(), 9);
        Assert.False(estimate.GetProperty("all").TryGetProperty("gpuCost", out _));
    }

    [Fact]
    public async Task Estimate_ServerRefusesEveryPicture_SaysSoAndReturnsOne()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("no JSON");
        var result = await RunAsync(await FillAsync(2), "--profile", "sample", "--server", server.Address.ToString(), "--server-model", "stub", "--json");
        Assert.Equal(1, result.ExitCode);
        var estimate = Assert.Single(result.Json);
        Assert.Equal("bad-answer", estimate.GetProperty("error").GetProperty("code").GetString());
        Assert.False(estimate.TryGetProperty("picturesPerMinute", out _));
    }

    [Theory]
    [InlineData("1 to 1000", "--sample", "0")]
    [InlineData("belong together", "--price-per-million-input", "1")]
    [InlineData("such as 3.67", "--gpu-price-per-hour", "cheap")]
    [InlineData("such as 3.67", "--gpu-price-per-hour", "-1")]
    [InlineData("such as EUR", "--currency", "euro")]
    [InlineData("1 to 10000", "--gpus", "0")]
    [InlineData("captioner up", "--sample", "3")]
    public async Task Estimate_BadUse_SaysWhatIsWrongAndReturnsTwo(string word, params string[] arguments)
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), ["estimate", .. arguments]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(word, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Estimate_NoPictureOrNoContainer_SaysSoAndReturnsTwo()
    {
        await using var server = await StubServer.StartAsync();
        string[] options = ["--server", server.Address.ToString(), "--server-model", "stub"];
        var empty = await RunAsync(await FillAsync(1), [.. options, "--prefix", "shoes/"]);
        Assert.Equal(2, empty.ExitCode);
        Assert.Contains("starts with 'shoes/'", empty.Errors, StringComparison.Ordinal);
        var connection = await files.GetConnectionStringAsync(Cancel);
        var none = await CaptionerProcess.RunAsync(files.CreateFolder(), ["estimate", "--connection", connection, "--container", "no-such-container", .. options]);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("no container 'no-such-container'", none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfEstimate_ShowsOptionsAndExamples()
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "estimate", "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(
            (string[])["--sample", "--prefix", "--gpu-price-per-hour", "--gpus", "--currency", "--price-per-million-input", "--json", "Examples:", "Exit codes:"],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    private async Task<CaptionerResult> RunAsync(BlobContainerClient images, params string[] options) => await CaptionerProcess.RunAsync(
        files.CreateFolder(), ["estimate", "--connection", await files.GetConnectionStringAsync(Cancel), "--container", images.Name, .. options]);

    private async Task<BlobContainerClient> FillAsync(int count)
    {
        var images = await files.CreateContainerAsync("images", Cancel);
        for (var i = 0; i < count; i++)
        {
            await images.UploadBlobAsync($"folder/{i}.jpg", BinaryData.FromBytes(PictureFiles.Jpeg(i)), Cancel);
        }

        return images;
    }

    private static async Task<List<string>> ListAsync(BlobContainerClient images)
    {
        var blobs = new List<string>();
        await foreach (var blob in images.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, Cancel))
        {
            blobs.Add($"{blob.Name} {blob.Properties.ETag} {JsonSerializer.Serialize(blob.Metadata)}");
        }

        return blobs;
    }
}
