using System.Runtime.CompilerServices;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(BlobCaptioner.Tests.Web.ChromiumFixture))]

namespace BlobCaptioner.Tests.Web;

/// <summary>Debian's Chromium, started by the first test that asks; each test gets a browser profile of its own.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private const string SetPriv = "/usr/bin/setpriv";

    private readonly SemaphoreSlim _starting = new(1, 1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _script;

    /// <summary>Where screenshots are kept: ignored by git.</summary>
    public static string Screens([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "TestResults", "screens");

    /// <summary>A page that fails the test on any error in its console.</summary>
    /// <param name="address">The page's address.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="locale">The browser's language.</param>
    public async Task<IPage> OpenAsync(Uri address, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light, string locale = "en")
    {
        var context = await (await StartAsync()).NewContextAsync(new()
        {
            BaseURL = address.ToString(),
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
            Locale = locale,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(300_000);
        return await context.NewPageAsync();
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_script is not null)
        {
            File.Delete(_script);
        }

        _starting.Dispose();
    }

    // As root, Chromium puts itself before all other processes, and Azurite does not answer for a minute while it draws. Without that right it shares the processors.
    private string Humble(string chromium)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess || !File.Exists(SetPriv))
        {
            return chromium;
        }

        _script = Path.GetTempFileName();
        File.WriteAllText(_script, $"#!/bin/sh\nexec {SetPriv} --bounding-set=-sys_nice {chromium} \"$@\"\n");
        File.SetUnixFileMode(_script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return _script;
    }

    private async Task<IBrowser> StartAsync()
    {
        var chromium = Array.Find(s_places, File.Exists);
        Assert.SkipWhen(chromium is null, "There is no Chromium here. Debian: apt-get install -y chromium.");
        await _starting.WaitAsync();
        try
        {
            if (_browser is null)
            {
                Assertions.SetDefaultExpectTimeout(300_000);
                _playwright = await Playwright.CreateAsync();
                _browser = await _playwright.Chromium.LaunchAsync(new()
                {
                    ExecutablePath = Humble(chromium!),
                    Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
                });
            }

            return _browser;
        }
        finally
        {
            _starting.Release();
        }
    }
}
