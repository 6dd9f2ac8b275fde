using Microsoft.Playwright;

namespace BlobCaptioner.Tests.Web;

/// <summary>Actions of people on the page.</summary>
internal static class PageActions
{
    private const string MakeFiles = """
        files => {
          const transfer = new DataTransfer();
          for (const { name, base64 } of files) {
            const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: 'image/png' }));
          }
          return transfer;
        }
        """;

    /// <summary>Drops files anywhere onto the page.</summary>
    public static async Task DropAsync(this IPage page, IEnumerable<(string Name, byte[] Content)> files)
    {
        var transfer = await page.EvaluateHandleAsync(MakeFiles, files.Select(f => new { name = f.Name, base64 = Convert.ToBase64String(f.Content) }).ToArray());
        foreach (var step in (string[])["dragover", "drop"])
        {
            await page.DispatchEventAsync("body", step, new { dataTransfer = transfer });
        }
    }

    /// <summary>Pastes a picture from the clipboard.</summary>
    public static Task PasteAsync(this IPage page, byte[] png) => page.EvaluateAsync(
        $$"""
        files => {
          const event = new ClipboardEvent('paste', { clipboardData: ({{MakeFiles}})(files), bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
        }
        """,
        new[] { new { name = "image.png", base64 = Convert.ToBase64String(png) } });

    public static ILocator Card(this IPage page, string name) => page.Locator($"a.card[data-name=\"{name}\"]");

    public static ILocator Field(this IPage page, string key) => page.Locator($"[data-field=\"{key}\"] textarea, [data-field=\"{key}\"] input:not([type=hidden])").First;

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Waits until a field's edit is stored: nothing is left to store, and something was.</summary>
    public static Task SavedAsync(this IPage page) => Assertions.Expect(page.GetByTestId("saved")).ToHaveTextAsync("Saved");
}
