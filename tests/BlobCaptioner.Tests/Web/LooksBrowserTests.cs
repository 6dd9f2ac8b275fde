using BlobCaptioner.Tests.LocalStack;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BlobCaptioner.Tests.Web;

/// <summary>How the page looks, to people and to assistive programs.</summary>
public sealed class LooksBrowserTests(AzuriteFixture azurite, ChromiumFixture chromium, BundledModelFixture bundled) : IClassFixture<BundledModelFixture>
{
    private static readonly (string Name, string Path)[] s_pages =
        [("gallery", "/"), ("record", "/record?name=a/red.png&i=0"), ("rejected", "/record?name=a/broken.png"), ("try", "/try"), ("profiles", "/profiles"), ("export", "/export")];

    [Theory]
    [InlineData(360, 740, "light", "de")]
    [InlineData(360, 740, "dark", "zh")]
    [InlineData(1280, 900, "light", "en")]
    [InlineData(1280, 900, "dark", "de")]
    [InlineData(2560, 1300, "light", "zh")]
    [InlineData(2560, 1300, "dark", "en")]
    public async Task Pages_WidthThemeAndLanguage_FitAreAccessibleAndKeptAsPictures(int width, int height, string theme, string language)
    {
        await using var host = await FillAsync();
        var page = await chromium.OpenAsync(host.Address, width, height, theme == "dark" ? ColorScheme.Dark : ColorScheme.Light, language);
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            // A picture that can't be shown is asked for once and answered with 404.
            if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal))
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        Directory.CreateDirectory(ChromiumFixture.Screens());
        foreach (var (name, path) in s_pages)
        {
            await page.GotoAsync(path);
            await Expect(page.Locator("main h1").First).ToBeAttachedAsync();
            await page.WaitForLoadStateAsync(LoadState.Load);
            await Expect(Ready(page, name)).ToBeVisibleAsync();
            Assert.Equal(language, await page.EvaluateAsync<string>("document.documentElement.lang"));
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth && document.querySelector('main').scrollWidth <= innerWidth"), $"{name} is wider than {width} px");
            await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screens(), $"{name}-{width}-{theme}-{language}.png") });
            var found = await page.RunAxe();
            Assert.True(
                found.Violations.All(v => v.Impact is not ("serious" or "critical")),
                $"{name}: " + string.Join("\n", found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html + " " + n.Any.FirstOrDefault()?.Message))}")));
        }

        Assert.Empty(errors);
    }

    [Fact]
    public async Task FirstView_StaysBelowHalfAMegabyteWithoutPictures()
    {
        await using var host = await FillAsync();
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/");
        await Expect(page.Card("a/red.png")).ToBeVisibleAsync();
        var bytes = await page.EvaluateAsync<long>(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter(e => !/thumbnail|events/.test(e.name)).reduce((sum, e) => sum + e.transferSize, 0)");
        Assert.InRange(bytes, 10_000, 500_000);
    }

    [Fact]
    public async Task Swagger_ShowsTheApi()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var page = await chromium.OpenAsync(host.Address);
        await page.GotoAsync("/openapi");
        await Expect(page.GetByText("Describes a picture and answers with its record")).ToBeVisibleAsync();
    }

    private static ILocator Ready(IPage page, string name) => name switch
    {
        "gallery" => page.Card("a/red.png"),
        "record" => page.Field("copy/en/title"),
        "rejected" => page.GetByTestId("reason"),
        "export" => page.GetByTestId("rows"),
        "profiles" => page.GetByTestId("check").Locator("div").First,
        _ => page.Locator("main h1"),
    };

    private async Task<PageHost> FillAsync()
    {
        var host = await PageHost.StartAsync(azurite, bundled.Model, BundledModelFixture.Profile);
        await host.UploadAsync("a/broken.png", "no picture"u8.ToArray());
        await host.DescribeAsync("a/red.png", "a/a very long name of a picture that goes on and on, as cameras and shops have them 2026-11-23 09-12-44.png", "b/马克杯.png");
        var seen = await host.RecordAsync("a/red.png");
        await host.ReviewAsync("a/red.png", seen.ETag!, "approved", "Ana");
        return host;
    }
}
