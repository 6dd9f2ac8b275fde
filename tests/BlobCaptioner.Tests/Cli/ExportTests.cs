using System.Xml.Linq;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Exports;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary><c>export</c> and <c>eval</c> as processes, on a real Azurite.</summary>
public sealed class ExportTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("jsonl")]
    [InlineData("csv")]
    [InlineData("shopify")]
    [InlineData("google")]
    [InlineData("woocommerce")]
    [InlineData("amazon")]
    [InlineData("schema-org")]
    public async Task Export_EachFormat_WritesNothingButDataToStdout(string format)
    {
        var result = await CaptionerProcess.RunAsync(azurite.CreateFolder(), ["export", "--format", format, .. await StoreAsync()]);
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("2 written of ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("written of", result.Text, StringComparison.Ordinal);
        switch (format)
        {
            case "google":
                Assert.Equal(2, XDocument.Parse(result.Text).Descendants("item").Count());
                break;
            case "jsonl" or "schema-org":
                Assert.Equal(2, result.Json.Count);
                break;
            default:
                Assert.Equal(2, Exported.Rows(result.Text + "\r\n", format == "amazon").Count);
                break;
        }
    }

    [Fact]
    public async Task Export_ToAFile_ReplacesItWhenAllIsThereAndSaysWhatRowsLack()
    {
        var folder = azurite.CreateFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "out.csv"), "old", Cancellation);
        var result = await CaptionerProcess.RunAsync(
            folder, ["export", "--format", "shopify", "--out", "out.csv", "--base-url", "https://shop.example/img", "--json", .. await StoreAsync()]);
        Assert.True(result.ExitCode == 0, result.Errors);
        var summary = Assert.Single(result.Json);
        Assert.Equal(("shopify", 2), (summary.GetProperty("format").GetString(), summary.GetProperty("items").GetInt32()));
        Assert.Equal(1, summary.GetProperty("warnings").GetProperty("price-missing").GetInt32());
        Assert.Equal(["out.csv"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        var rows = Exported.Rows(await File.ReadAllTextAsync(Path.Combine(folder, "out.csv"), Cancellation));
        Assert.Equal(["https://shop.example/img/a.jpg", "https://shop.example/img/b.jpg"], rows.Select(r => r["Product image URL"]));
    }

    [Fact]
    public async Task Export_Approved_HoldsOnlyThese()
    {
        var result = await CaptionerProcess.RunAsync(azurite.CreateFolder(), ["export", "-f", "csv", "--approved", .. await StoreAsync()]);
        Assert.Equal("b.jpg", Assert.Single(Exported.Rows(result.Text + "\r\n"))["image"]);
        Assert.Contains("not-approved: 1", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eval_StoreAndFolder_SayTheSame()
    {
        var folder = azurite.CreateFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "truth.csv"), "file,category,color\na.jpg,Mugs,red|white\nb.jpg,Plates,red|white\n", Cancellation);
        var store = await CaptionerProcess.RunAsync(folder, ["eval", "--truth", "truth.csv", "--json", .. await StoreAsync()]);
        Assert.True(store.ExitCode == 0, store.Errors);
        var report = Assert.Single(store.Json);
        Assert.Equal([0.5, 1.0], report.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("exactMatch").GetDouble()));

        Directory.CreateDirectory(Path.Combine(folder, "records"));
        foreach (var record in TwoRecords())
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "records", record.Image.Name + ".json"), CaptionStore.Serialize(record).ToArray(), Cancellation);
        }

        var files = await CaptionerProcess.RunAsync(folder, "eval", "--truth", "truth.csv", "--json", "--records", "records");
        Assert.Equal(store.Text, files.Text);
        var people = await CaptionerProcess.RunAsync(folder, "eval", "--truth", "truth.csv", "--records", "records");
        Assert.Contains("50.0 %", people.Text, StringComparison.Ordinal);
        Assert.Contains("expected calibration error", people.Text, StringComparison.Ordinal);

        await File.AppendAllTextAsync(Path.Combine(folder, "truth.csv"), "gone.jpg,Cups,\n", Cancellation);
        Assert.Equal(1, (await CaptionerProcess.RunAsync(folder, "eval", "--truth", "truth.csv", "--records", "records")).ExitCode);
    }

    [Theory]
    [InlineData("export", "--format")]
    [InlineData("export --format pdf", "pdf")]
    [InlineData("export --format csv", "captioner up")]
    [InlineData("export --format csv --base-url here", "--base-url")]
    [InlineData("eval", "--truth")]
    [InlineData("eval --truth none.csv", "none.csv")]
    public async Task BadUse_ReturnsTwoAndSaysWhatIsWrong(string arguments, string word)
    {
        var folder = azurite.CreateFolder();
        var result = await CaptionerProcess.RunAsync(folder, arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(word, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("export", "--format", "--out", "--approved", "--base-url", "--language")]
    [InlineData("eval", "--truth", "--records", "--json")]
    public async Task Help_ShowsOptionsExamplesAndExitCodes(string command, params string[] words)
    {
        var result = await CaptionerProcess.RunAsync(azurite.CreateFolder(), command, "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All([.. words, "Examples:", $"captioner {command}", "Exit codes:"], word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    private static CaptionRecord[] TwoRecords() =>
    [
        TestRecords.Described("a.jpg", ("title", "A mug"), ("description", "Two\nlines, \"quoted\"")),
        TestRecords.Described("b.jpg", ("title", "A plate")).With(("price", "5 EUR")).Reviewed("""{"state":"approved"}"""),
    ];

    private async Task<string[]> StoreAsync()
    {
        var images = await azurite.CreateContainerAsync("images", Cancellation);
        foreach (var record in TwoRecords())
        {
            await images.UploadBlobAsync(record.Image.Name + ".json", CaptionStore.Serialize(record), Cancellation);
        }

        return ["--connection", await azurite.GetConnectionStringAsync(Cancellation), "--container", images.Name];
    }
}
