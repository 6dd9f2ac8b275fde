using System.Text.RegularExpressions;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BlobCaptioner.Tests.Web;

/// <summary>The gallery in a real browser, on a real store, with the bundled model on the real llama.cpp.</summary>
public sealed class GalleryBrowserTests(AzuriteFixture azurite, ChromiumFixture chromium, BundledModelFixture bundled) : IClassFixture<BundledModelFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<PageHost> StartAsync() => PageHost.StartAsync(azurite, bundled.Model, BundledModelFixture.Profile);

    [Fact]
    public async Task Drop_TenPictures_TenCardsBecomeDescribed()
    {
        await using var host = await StartAsync();
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.GetByText("No pictures here.")).ToBeVisibleAsync();

        await page.DropAsync(Enumerable.Range(0, 10).Select(i => ($"shoe {i}.png", TestPipeline.Picture(i))));

        await Expect(page.Locator("a.card[data-state=described]")).ToHaveCountAsync(10);
        await Expect(page.Locator("a.card img")).ToHaveCountAsync(10);
        await Expect(page.GetByText("10 of 10 uploaded")).ToBeVisibleAsync();
        await Expect(page.Card("shoe 3.png").Locator(".lines")).Not.ToBeEmptyAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Described 10" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Drop_BrokenTakenAndForeignFiles_SayWhyAndStopNothing()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.Card("red.png")).ToHaveAttributeAsync("data-state", "described");
        await page.DropAsync([("broken.png", "this is no picture"u8.ToArray()), ("red.png", TestPipeline.Picture(9)), ("notes.json", "{}"u8.ToArray()), ("fine.png", TestPipeline.Picture(8))]);

        await Expect(page.Locator("[data-upload=failed]")).ToContainTextAsync("Not a picture");
        await Expect(page.Locator("[data-upload=exists]")).ToContainTextAsync("already");
        await Expect(page.Card("fine.png")).ToHaveAttributeAsync("data-state", "described");
        await Expect(page.Card("broken.png")).ToHaveAttributeAsync("data-state", "rejected");
        await page.Card("broken.png").ClickAsync();
        await Expect(page.GetByTestId("reason")).ToContainTextAsync("'broken.png'");

        await page.GoBackAsync();
        await page.Button("Keep both").ClickAsync();
        await Expect(page.Locator("a.card[data-name^=\"red~\"]")).ToHaveAttributeAsync("data-state", "described");
    }

    [Fact]
    public async Task Paste_Picture_IsDescribed()
    {
        await using var host = await StartAsync();
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/?folder=new/");
        await Expect(page.GetByText("Nothing matches")).ToBeVisibleAsync();
        await page.PasteAsync(TestPipeline.Picture(4));
        var card = page.Locator("a.card[data-name^=\"new/pasted-\"]");
        await Expect(card).ToHaveAttributeAsync("data-state", "described");
    }

    [Fact]
    public async Task Filters_StateFolderLanguageText_ShowTheRightCards()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("a/one.png", "a/two.png", "b/three.png");
        var seen = await host.RecordAsync("a/two.png");
        var was = seen.Record!.Value.GetProperty("copy").GetProperty("en").GetProperty("title").GetString();
        await host.EditAsync("a/two.png", seen.ETag!, "Ana", ("en", "title", "Wunderlampe", was));
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.Locator("a.card")).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search words" }).FillAsync("wunderl");
        await Expect(page.Locator("a.card")).ToHaveCountAsync(1);
        await Expect(page.Card("a/two.png")).ToContainTextAsync("Wunderlampe");
        await page.GotoAsync("/?folder=a/");
        await Expect(page.Locator("a.card")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Copy in" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "German (3)" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("language=de"));
        await Expect(page.Locator("a.card")).ToHaveCountAsync(2);
        await page.GotoAsync("/?state=approved");
        await Expect(page.GetByText("Nothing matches")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task SecondTab_ChangeInTheFirst_IsSeenWithoutReload()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var first = await chromium.OpenAsync(host.Address);
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync("/");
        await Expect(second.Card("red.png")).ToHaveAttributeAsync("data-state", "described");
        await first.GotoAsync("/record?name=red.png&i=0");
        await first.Field("copy/en/title").FillAsync("Seen at once");
        await first.Button("Approve").ClickAsync();
        await Expect(second.Card("red.png")).ToHaveAttributeAsync("data-state", "approved");
        await Expect(second.Card("red.png")).ToContainTextAsync("Seen at once");

        // A picture that goes, and one that comes by another way than the page.
        await host.Storage.Images.GetBlobClient("red.png").DeleteAsync(cancellationToken: Cancel);
        await Expect(second.Card("red.png")).ToHaveCountAsync(0);
        await host.UploadAsync("blue.png", TestPipeline.Picture(3));
        await Expect(second.Card("blue.png")).ToHaveAttributeAsync("data-state", "described");
    }

    [Fact]
    public async Task Writing_TextAppearsAsItIsDecoded()
    {
        var isSeen = new TaskCompletionSource();
        var model = new ScriptedModel
        {
            Drafting = async (request, cancel) =>
            {
                request.Draft!.Set("en", "title", "A green mu");
                await isSeen.Task.WaitAsync(cancel);
            },
        };
        await using var host = await PageHost.StartAsync(azurite, model);
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.GetByText("No pictures here.")).ToBeVisibleAsync();
        await host.UploadAsync("red.png", TestPipeline.Picture(3));
        await Expect(page.Card("red.png")).ToHaveAttributeAsync("data-state", "writing");
        await Expect(page.Card("red.png")).ToContainTextAsync("A green mu");
        isSeen.SetResult();
        await Expect(page.Card("red.png")).ToHaveAttributeAsync("data-state", "described");
    }

    [Fact]
    public async Task Names_WithMarkup_AreTextAndRunNothing()
    {
        const string Evil = "<img src=x onerror=alert(1)>'\"&.png";
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.UploadAsync(Evil, TestPipeline.Picture(1));
        await host.Events.WaitAsync(PipelineEventKind.Described);
        var seen = await host.RecordAsync(Evil);
        var was = seen.Record!.Value.GetProperty("copy").GetProperty("en").GetProperty("title").GetString();
        await host.EditAsync(Evil, seen.ETag!, "<b>Ana</b>", ("en", "title", "</textarea><script>alert(2)</script>", was));
        var page = await chromium.OpenAsync(host.Address);
        var dialogs = 0;
        page.Dialog += (_, dialog) =>
        {
            dialogs++;
            _ = dialog.DismissAsync();
        };
        await page.GotoAsync("/");
        var card = page.Locator("a.card");
        await Expect(card).ToContainTextAsync("<script>alert(2)</script>");
        await Expect(card).ToContainTextAsync(Evil);
        await card.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(Evil);
        await Expect(page.Field("copy/en/title")).ToHaveValueAsync("</textarea><script>alert(2)</script>");
        await Expect(page.GetByText("<b>Ana</b>").First).ToBeVisibleAsync();
        await page.GotoAsync("/export");
        await Expect(page.GetByTestId("rows")).ToContainTextAsync("<script>alert(2)</script>");
        Assert.Equal(0, dialogs);
        Assert.Equal(0, await page.Locator("img[src=x]").CountAsync());
    }
}
