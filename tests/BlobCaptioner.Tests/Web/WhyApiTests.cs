using System.Net;
using System.Text.Json;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary><c>GET /api/why</c>.</summary>
public sealed class WhyApiTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Why_DescribedPicture_TellsItsStory()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("a/red.jpg");
        var story = await PageHost.ReadAsync<JsonElement>(await host.Client.GetAsync("/api/why?name=a/red.jpg", Cancel));
        Assert.Contains("uploaded", story.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("kind").GetString()));
        Assert.Contains("record", story.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("kind").GetString()));
        Assert.Empty(story.GetProperty("differs").EnumerateArray());
        Assert.NotEmpty(story.GetProperty("next").GetString()!);
        Assert.NotEmpty(story.GetProperty("state").GetString()!);
    }

    [Theory]
    [InlineData("gone.jpg", HttpStatusCode.NotFound, "not-there")]
    [InlineData("gone.product.json", HttpStatusCode.NotFound, "not-there")]
    [InlineData("shoes/_captioner.json", HttpStatusCode.BadRequest, "name-invalid")]
    [InlineData("../prepared/x.jpg", HttpStatusCode.BadRequest, "name-invalid")]
    public async Task Why_NoSuchPictureOrBadName_IsAProblemWithTheWayOut(string name, HttpStatusCode status, string code)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var answer = await host.Client.GetAsync($"/api/why?name={Uri.EscapeDataString(name)}", Cancel);
        var problem = await PageHost.ReadAsync<JsonElement>(answer);
        Assert.Equal((status, code), (answer.StatusCode, problem.GetProperty("code").GetString()));
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
    }
}
