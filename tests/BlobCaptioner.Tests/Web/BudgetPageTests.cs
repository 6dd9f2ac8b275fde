using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BlobCaptioner.Tests.Web;

/// <summary>The day's budget on the page and in the API.</summary>
public sealed class BudgetPageTests(AzuriteFixture azurite, ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cap_Reached_PageSaysSoAndTheButtonGoesOn()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("a.jpg");
        await host.UploadAsync("b.jpg", TestPipeline.Picture(1));
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.GetByTestId("paused")).ToContainTextAsync("Paused until 00:00 UTC. The day's budget is reached: 1 of 1 pictures were sent.");

        await page.Button("Go on now").ClickAsync();
        await host.Events.WaitAsync(e => e is { Kind: PipelineEventKind.Described, Name: "b.jpg" }, 1, "b.jpg");
        await Expect(page.GetByTestId("paused")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Api_AtTheCap_RefusesARedoUntilItIsResumed()
    {
        await using var host = await StartAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await host.Client.GetAsync("/api/budget", Cancel)).StatusCode);
        var early = await host.Client.PostAsync("/api/budget/resume", null, Cancel);
        Assert.Equal((HttpStatusCode.Conflict, "nothing-paused"), (early.StatusCode, await CodeAsync(early)));

        await host.DescribeAsync("a.jpg");
        var refused = await RedoAsync(host);
        Assert.Equal((HttpStatusCode.Conflict, "budget-reached"), (refused.StatusCode, await CodeAsync(refused)));
        var told = await PageHost.ReadAsync<JsonElement>(await host.Client.GetAsync("/api/budget", Cancel));
        Assert.Equal((1, 1), (told.GetProperty("pictures").GetInt32(), told.GetProperty("caps").GetProperty("pictures").GetInt32()));

        Assert.Equal(HttpStatusCode.NoContent, (await host.Client.PostAsync("/api/budget/resume", null, Cancel)).StatusCode);
        told = await PageHost.ReadAsync<JsonElement>(await host.Client.GetAsync("/api/budget", Cancel));
        Assert.True(told.GetProperty("resumed").GetBoolean());
    }

    private Task<PageHost> StartAsync() => PageHost.StartAsync(azurite, new ScriptedModel(), budget: new() { Pictures = 1 });

    private static Task<HttpResponseMessage> RedoAsync(PageHost host) => host.Client.PostAsJsonAsync("/api/redo", new { names = new[] { "a.jpg" } }, Cancel);

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) => (await PageHost.ReadAsync<JsonElement>(answer)).GetProperty("code").GetString();
}
