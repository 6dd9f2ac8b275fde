using System.Net;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>The page as the commands serve it.</summary>
public sealed class WebTests(AzuriteFixture files)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UpAndWeb_OnOneStore_ServeOnePageEachAndEndWithCtrlC()
    {
        var folder = files.CreateFolder();
        await using var up = CaptionerProcess.Start(folder, "up", "--port", "0");
        var first = Address(await up.LineAsync(l => l.Contains("The page is at", StringComparison.Ordinal)));
        await using var web = CaptionerProcess.Start(folder, "web", "--no-model", "--port", "0", "--token", "sixteen characters");
        var second = Address(await web.LineAsync(l => l.Contains("The page is at", StringComparison.Ordinal)));

        using var client = new HttpClient();
        Assert.Contains("<div id=\"root\">", await client.GetStringAsync(first, Cancellation), StringComparison.Ordinal);
        Assert.Equal("?token=sixteen%20characters", second.Query);
        Assert.Contains("<div id=\"root\">", await client.GetStringAsync(second, Cancellation), StringComparison.Ordinal);
        using var stranger = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(new Uri(second, "/api/status"), Cancellation)).StatusCode);
        await Eventually.TrueAsync(
            async () => (await client.GetStringAsync(new Uri(second, "/api/pictures"), Cancellation)).Contains("\"described\":12", StringComparison.Ordinal), "twelve cards described");

        await web.InterruptAsync();
        Assert.Equal(0, (await web.EndAsync()).ExitCode);
        await up.InterruptAsync();
        Assert.Equal(0, (await up.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("give --token", "web", "--no-model", "--listen", "0.0.0.0")]
    [InlineData("16", "web", "--no-model", "--token", "short")]
    [InlineData("not an address", "web", "--no-model", "--listen", "everywhere")]
    public async Task Web_UnsafeOrWrong_SaysWhatToGiveAndReturnsTwo(string advice, params string[] arguments)
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), arguments);
        Assert.True(result.ExitCode == 2, result.Text + result.Errors);
        Assert.Contains(advice, result.Errors, StringComparison.Ordinal);
    }

    private static Uri Address(string line) => new(line[(line.IndexOf("http", StringComparison.Ordinal))..].TrimEnd('.').Replace(". Ctrl-C stops", "", StringComparison.Ordinal));
}
