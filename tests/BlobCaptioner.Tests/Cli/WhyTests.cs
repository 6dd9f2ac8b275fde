using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Pipeline.Products;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary><c>captioner why</c>.</summary>
public sealed class WhyTests(AzuriteFixture fixture)
{
    [Fact]
    public async Task Why_DescribedOrUnknownPicture_TellsItsStory()
    {
        await using var pipeline = await TestPipeline.CreateAsync(fixture);
        pipeline.Basis = BuiltInProfiles.Default;
        await pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        string[] store =
        [
            "--connection", await fixture.GetConnectionStringAsync(TestContext.Current.CancellationToken), "--container", pipeline.Storage.Images.Name,
            "--prepared-container", pipeline.Storage.Prepared.Name, "--queue", pipeline.Storage.Captions.Name,
        ];

        var text = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["why", "shoes/red.jpg", .. store]);
        Assert.True(text.ExitCode == 0, text.Errors);
        Assert.Equal("shoes/red.jpg", text.Output[0]);
        Assert.Contains("It was uploaded", text.Output[1], StringComparison.Ordinal);
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}Z ", text.Output[1]);
        Assert.Contains("Nothing: it is done.", text.Output[^1], StringComparison.Ordinal);

        var json = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["why", "shoes/red.jpg", "--profile", "sample", "--json", .. store]);
        Assert.Equal(0, json.ExitCode);
        Assert.Equal("waiting", json.Json[0].GetProperty("state").GetString());
        Assert.Contains("profile", json.Json[0].GetProperty("differs").EnumerateArray().Select(d => d.GetString()));
        Assert.Equal("uploaded", json.Json[0].GetProperty("events")[0].GetProperty("kind").GetString());

        var unknown = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["why", "shoes/blue.jpg", .. store]);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("There is no picture 'shoes/blue.jpg'", unknown.Text, StringComparison.Ordinal);
    }
}
