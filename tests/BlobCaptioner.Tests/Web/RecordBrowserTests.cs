using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BlobCaptioner.Tests.Web;

/// <summary>Reviews, tries, profiles and exports in a real browser, with the bundled model on the real llama.cpp.</summary>
public sealed class RecordBrowserTests(AzuriteFixture azurite, ChromiumFixture chromium, BundledModelFixture bundled) : IClassFixture<BundledModelFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<PageHost> StartAsync() => PageHost.StartAsync(azurite, bundled.Model, BundledModelFixture.Profile);

    [Fact]
    public async Task Edit_ApproveReloadExportRedo_EditIsThereThroughout()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Your name" }).FillAsync("Ana");
        await page.Card("red.png").ClickAsync();
        await page.GetByText("What happened, and what comes next").ClickAsync();
        await Expect(page.GetByTestId("story")).ToContainTextAsync("Nothing: it is done");
        await page.Field("copy/en/title").FillAsync("Grandmother's jug");
        await page.GetByRole(AriaRole.Tab, new() { Name = "German" }).ClickAsync();
        await page.Field("copy/de/title").FillAsync("Großmutters Krug");
        await page.Button("Approve").ClickAsync();
        await Expect(page.GetByText("That was the last one.")).ToBeVisibleAsync();

        await page.ReloadAsync();
        await Expect(page.Field("copy/en/title")).ToHaveValueAsync("Grandmother's jug");
        await Expect(page.Locator("[data-field='copy/en/title']")).ToContainTextAsync("Ana, ");

        await page.GetByRole(AriaRole.Link, new() { Name = "Export", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Switch, new() { Name = "Approved only" }).CheckAsync(new() { Force = true });
        await Expect(page.GetByTestId("rows")).ToContainTextAsync("Grandmother's jug");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        Assert.Contains("Grandmother's jug", await File.ReadAllTextAsync(await download.PathAsync(), Cancel), StringComparison.Ordinal);

        await page.GotoAsync("/record?name=red.png&i=0");
        await page.Button("Write anew").First.ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Everything", Exact = true }).ClickAsync();
        await host.Events.WaitAsync(PipelineEventKind.Described, 2);
        await page.ReloadAsync();
        await Expect(page.Field("copy/en/title")).ToHaveValueAsync("Grandmother's jug");
        var record = (await host.Store.ReadAsync("red.png", Cancel))!.Record!;
        Assert.Equal((1, RecordReview.Approved), (record.Generation.Variation, RecordReview.Read(record.Review).State));

        // One field, and back to the model's words.
        await page.GetByRole(AriaRole.Button, new() { Name = "Write anew: Alt text" }).ClickAsync();
        await host.Events.WaitAsync(PipelineEventKind.Described, 3);
        Assert.Equal(2, (await host.Store.ReadAsync("red.png", Cancel))!.Record!.Generation.Variation);
        await page.Locator("[data-field='copy/en/title']").GetByRole(AriaRole.Button, new() { Name = "Take the model’s" }).ClickAsync();
        await Expect(page.Field("copy/en/title")).Not.ToHaveValueAsync("Grandmother's jug");
        await page.Button("Undo").ClickAsync();
        await Expect(page.Field("copy/en/title")).ToHaveValueAsync("Grandmother's jug");
    }

    [Fact]
    public async Task Attributes_OneAndSeveralValues_AreChosenFromTheProfiles()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/record?name=red.png");
        await ChooseAsync("Pattern", "Striped");
        await ChooseAsync("Color", "Purple");
        await page.Keyboard.PressAsync("Escape");
        await page.Field("copy/en/title").FocusAsync();
        await page.SavedAsync();
        var edits = RecordReview.Read((await host.Store.ReadAsync("red.png", Cancel))!.Record!.Review).Edits.Attributes;
        Assert.Equal("Striped", edits["pattern"].ToString());
        Assert.Contains("Purple", edits["color"].Items);

        async Task ChooseAsync(string field, string value)
        {
            await page.GetByRole(AriaRole.Combobox, new() { Name = field, Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Option, new() { Name = value, Exact = true }).ClickAsync();
        }
    }

    [Fact]
    public async Task Keyboard_FivePictures_AreReviewedWithoutAMouse()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("1.png", "2.png", "3.png", "4.png", "5.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/?state=described");
        await page.Card("1.png").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await HeadingAsync(page, "1.png");
        await page.Keyboard.PressAsync("a");
        await HeadingAsync(page, "2.png");
        await page.Keyboard.PressAsync("x");
        await HeadingAsync(page, "3.png");
        await page.Keyboard.PressAsync("e");
        await Expect(page.Field("copy/en/title")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("Typed axe");
        await page.Keyboard.PressAsync("Control+Enter");
        await HeadingAsync(page, "4.png");
        await page.Keyboard.PressAsync("2");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "German" })).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("n");
        await HeadingAsync(page, "5.png");
        await page.Keyboard.PressAsync("a");
        await Expect(page.GetByText("That was the last one.")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("p");
        await HeadingAsync(page, "4.png");
        await page.Keyboard.PressAsync("a");
        await page.Keyboard.PressAsync("Escape");

        foreach (var (name, state) in ((string, string)[])[("1.png", "approved"), ("2.png", "rejected"), ("3.png", "approved"), ("4.png", "approved"), ("5.png", "approved")])
        {
            await Eventually.TrueAsync(async () => RecordReview.Read((await host.Store.ReadAsync(name, Cancel))!.Record!.Review).State == state, $"{name} {state}");
        }

        Assert.Equal("Typed axe", RecordReview.Read((await host.Store.ReadAsync("3.png", Cancel))!.Record!.Review).Edits.Copy["en"]["title"].ToString());
    }

    [Fact]
    public async Task Undo_AfterApprovingAndMovingOn_TakesBackOnesOwnApprovalAndNotTheNextPictures()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("1.png", "2.png");
        var others = await host.ReviewAsync("2.png", (await host.RecordAsync("2.png")).ETag!, "approved", "Bo");
        Assert.True(others.IsSuccessStatusCode);
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/record?name=1.png&i=0");
        await Expect(page.Field("copy/en/title")).Not.ToHaveValueAsync("");
        await page.Field("copy/en/title").FillAsync("My jug");
        await page.Keyboard.PressAsync("Control+Enter");
        await HeadingAsync(page, "2.png");
        await page.Keyboard.PressAsync("u");

        await HeadingAsync(page, "1.png");
        await Expect(page.GetByText("Undone: 1.png")).ToBeVisibleAsync();
        Assert.Equal((null, "My jug"), await ReviewAsync(host, "1.png"));
        Assert.Equal(RecordReview.Approved, (await ReviewAsync(host, "2.png")).State);

        // Further back, after a reload too, and then no more.
        await page.ReloadAsync();
        await Expect(page.Field("copy/en/title")).ToHaveValueAsync("My jug");
        await page.Button("Undo").ClickAsync();
        await Expect(page.Field("copy/en/title")).Not.ToHaveValueAsync("My jug");
        await Expect(page.Button("Undo")).ToBeDisabledAsync();
        await page.Keyboard.PressAsync("u");
        await Expect(page.GetByText("Nothing to undo.")).ToBeVisibleAsync();
        Assert.Equal(RecordReview.Approved, (await ReviewAsync(host, "2.png")).State);
    }

    [Fact]
    public async Task Undo_AnotherPersonChangedTheRecordSince_SaysSoAndLeavesTheirsAlone()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("1.png", "2.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/record?name=1.png&i=0");
        await Expect(page.Button("Approve")).ToBeEnabledAsync();
        await page.Keyboard.PressAsync("a");
        await HeadingAsync(page, "2.png");
        var seen = await host.RecordAsync("1.png");
        Assert.True((await host.EditAsync("1.png", seen.ETag!, "Bo", ("en", "title", "Bo's jug", null))).IsSuccessStatusCode);
        await page.Keyboard.PressAsync("u");

        await Expect(page.GetByText("Not undone: 1.png was changed since.")).ToBeVisibleAsync();
        await HeadingAsync(page, "2.png");
        Assert.Equal((RecordReview.Approved, "Bo's jug"), await ReviewAsync(host, "1.png"));
        await Expect(page.Button("Undo")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task TwoEditors_OneField_SecondIsToldAndChooses()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var ana = await chromium.OpenAsync(host.Address);
        var bo = await chromium.OpenAsync(host.Address);
        foreach (var page in (IPage[])[ana, bo])
        {
            await page.GotoAsync("/record?name=red.png");
            await Expect(page.Field("copy/en/title")).Not.ToHaveValueAsync("");
        }

        await ana.GetByRole(AriaRole.Textbox, new() { Name = "Your name" }).FillAsync("Ana");
        await bo.Field("copy/en/title").FillAsync("Bo's words");
        await ana.Field("copy/en/title").FillAsync("Ana's words");
        await ana.Field("copy/en/title").BlurAsync();
        await ana.SavedAsync();
        await bo.Field("copy/en/title").BlurAsync();

        await Expect(bo.GetByTestId("conflict")).ToContainTextAsync("Ana changed this meanwhile");
        await Expect(bo.Field("copy/en/title")).ToHaveValueAsync("Bo's words");
        await Expect(bo.Locator("[data-field='copy/en/title']")).ToContainTextAsync("Theirs: Ana's words");
        await bo.Button("Keep mine").ClickAsync();
        await bo.SavedAsync();
        await Expect(ana.Field("copy/en/title")).ToHaveValueAsync("Bo's words");
        Assert.Equal("Bo's words", RecordReview.Read((await host.Store.ReadAsync("red.png", Cancel))!.Record!.Review).Edits.Copy["en"]["title"].ToString());
    }

    [Fact]
    public async Task Edit_TooLong_IsCountedAndRefused()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/record?name=red.png");
        await page.Field("copy/en/title").FillAsync(new string('ü', 151));
        await Expect(page.Locator("[data-field='copy/en/title']")).ToContainTextAsync("151 of 150");
        await page.Field("copy/en/title").BlurAsync();
        await Expect(page.GetByText("the limit is 150")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("saved")).ToHaveTextAsync("Not saved yet");
    }

    [Fact]
    public async Task Try_QuestionAndAgain_StreamsAndReusesThePicture()
    {
        await using var host = await StartAsync();
        await host.UploadAsync("mug.png", TestPipeline.Picture(2));
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/try");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "or the name of one in the container" }).FillAsync("mug.png");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Question" }).FillAsync("Welche Farbe hat es?");
        await page.Button("Ask").ClickAsync();
        await Expect(page.GetByTestId("answer").First).ToContainTextAsync("tokens");
        await Expect(page.GetByText("About")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Question" }).FillAsync("And what is it made of?");
        await page.Button("Ask").ClickAsync();
        await Expect(page.GetByTestId("answer").First).ToContainTextAsync("The picture was looked at before");
        await page.GetByText("A profile").ClickAsync();
        await page.Button("Describe").ClickAsync();
        await Expect(page.GetByTestId("answer").First).ToContainTextAsync("Category:");
        Assert.Null(await host.Store.ReadAsync("try.png", Cancel));
    }

    [Fact]
    public async Task Profiles_CopyBreakMendPreview_IsStoredAndUsed()
    {
        await using var host = await StartAsync();
        await host.DescribeAsync("red.png");
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/profiles");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^alt-text") }).ClickAsync();
        await Expect(page.GetByTestId("check")).ToContainTextAsync("It can be used.");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name of the copy" }).FillAsync("short-alt");
        await page.Button("Copy").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("^short-alt") })).ToBeVisibleAsync();
        var json = page.GetByRole(AriaRole.Textbox, new() { Name = "JSON" });
        await Expect(json).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("short-alt"));
        var sound = await json.InputValueAsync();
        await json.FillAsync(sound.Replace("\"kind\": \"text\"", "\"kind\": \"poem\"", StringComparison.Ordinal));
        await Expect(page.GetByTestId("check")).ToContainTextAsync("poem");
        await Expect(page.Button("Save")).ToBeDisabledAsync();
        await json.FillAsync(sound.Replace("\"maxCharacters\": 125", "\"maxCharacters\": 60", StringComparison.Ordinal).Replace("\"comment\"", "\"comment\"", StringComparison.Ordinal) + "\n");
        await Expect(page.GetByTestId("check")).ToContainTextAsync("It can be used.");
        await page.Button("Preview").ClickAsync();
        await Expect(page.GetByTestId("preview").GetByText("Alt text:")).ToHaveCountAsync(2);
        await page.Button("Save").ClickAsync();
        await Expect(page.GetByText("Saved").First).ToBeVisibleAsync();
        Assert.True(await host.Storage.Images.GetBlobClient("_profiles/short-alt.json").ExistsAsync(Cancel));

        await page.GotoAsync("/record?name=red.png");
        await page.Button("Write anew").First.ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "With another profile: short-alt" }).ClickAsync();
        await Expect(page.GetByText("Profile: short-alt (chosen by a person)")).ToBeVisibleAsync();
    }

    private static Task HeadingAsync(IPage page, string name) =>
        Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = name, Exact = true })).ToBeFocusedAsync();

    private static async Task<(string? State, string? Title)> ReviewAsync(PageHost host, string name)
    {
        var review = RecordReview.Read((await host.Store.ReadAsync(name, Cancel))!.Record!.Review);
        return (review.State, review.Edits.Copy.GetValueOrDefault("en")?.GetValueOrDefault("title")?.ToString());
    }
}
