using System.Text.Json;
using BlobCaptioner.Records;
using BlobCaptioner.SampleModel.Labels;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>The main command as a process, on a real Azurite of its own and the real model.</summary>
public sealed class UpTests(AzuriteFixture files)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Up_OnceOnAnEmptyStore_DescribesTheSamplesRightAndLeavesNothingRunning()
    {
        var folder = files.CreateFolder();
        await using var process = CaptionerProcess.Start(folder, "up", "--once", "--json", "--out", "records");
        await process.LineAsync(line => line.Contains("sample pictures", StringComparison.Ordinal));
        var azurite = AzuriteOf(Path.Combine(folder, "data"));
        var result = await process.EndAsync();
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);

        using var labels = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Samples", "labels.json"), Cancellation));
        var expected = labels.RootElement.GetProperty("pictures").EnumerateArray().ToList();
        var right = expected.Count(label => IsRight(Path.Combine(folder, "records"), label));
        Assert.True(right >= 0.9 * expected.Count, $"{right} of {expected.Count} right\n{result.Text}");
        await ValidRecord.CheckFolderAsync(Path.Combine(folder, "records"));
        Assert.Equal(expected.Count, result.Summary.GetProperty("described").GetInt32());
        Assert.Equal(0, result.Summary.GetProperty("store").GetProperty("queueLength").GetInt32());
        Assert.True(result.Summary.GetProperty("tokensPerSecond").GetDouble() > 0);
        await Eventually.GoneAsync(azurite);

        // everything is kept, and there is nothing left to do
        var again = await CaptionerProcess.RunAsync(folder, "up", "--once", "--json");
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(0, again.Summary.GetProperty("described").GetInt32());
        Assert.Equal(expected.Count, again.Summary.GetProperty("store").GetProperty("described").GetInt32());
    }

    [Fact]
    public async Task Up_ImagesWithABadOne_ReturnsOneAndDescribesTheOthersInTheSameTree()
    {
        var folder = files.CreateFolder();
        string[] good = ["a.jpg", "sub folder/50% off + #1?.jpg", "sub folder/deeper/红色杯子.jpg", "no extension"];
        for (var i = 0; i < good.Length; i++)
        {
            PictureFiles.Write(folder, $"in/{good[i]}", PictureFiles.Jpeg(i));
        }

        PictureFiles.Write(folder, "in/bad.jpg", "text"u8.ToArray());
        PictureFiles.Write(folder, "in/.hidden.jpg", PictureFiles.Jpeg(90));
        PictureFiles.Write(folder, "outside.jpg", PictureFiles.Jpeg(91));
        File.CreateSymbolicLink(Path.Combine(folder, "in", "link.jpg"), Path.Combine(folder, "outside.jpg"));

        var result = await CaptionerProcess.RunAsync(folder, "up", "--images", "in", "--out", "out", "--once");
        Assert.True(result.ExitCode == 1, result.Text + result.Errors);
        Assert.Contains("4 described, 1 rejected, 0 failed", result.Text, StringComparison.Ordinal);
        Assert.Contains("link.jpg", result.Errors, StringComparison.Ordinal);
        await ValidRecord.CheckFolderAsync(Path.Combine(folder, "out"));
        var records = Directory.EnumerateFiles(Path.Combine(folder, "out"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Path.Combine(folder, "out"), f)).Order(StringComparer.Ordinal);
        Assert.Equal(good.Append("bad.jpg").Select(g => g + ".json").Order(StringComparer.Ordinal), records);
        Assert.All(good, name => Assert.Equal("described", Status(folder, name)));
        Assert.Equal("rejected", Status(folder, "bad.jpg"));

        // nothing is sent or described twice
        var again = await CaptionerProcess.RunAsync(folder, "up", "--images", "in", "--once");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("Uploaded 0 files; 5 were there already", again.Text, StringComparison.Ordinal);
        Assert.Contains("0 described, 0 rejected, 0 failed", again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_InterruptedWhileOthersAttach_FinishesAndTakesAzuriteWithIt()
    {
        var folder = files.CreateFolder();
        var data = Path.Combine(folder, "data");
        PictureFiles.Write(folder, "in/first.jpg", PictureFiles.Jpeg(1));
        PictureFiles.Write(folder, "more/second.jpg", PictureFiles.Jpeg(2));
        await using var up = CaptionerProcess.Start(folder, "up", "--images", "in", "--json");
        await up.EventAsync("described");
        var azurite = AzuriteOf(data);

        // a worker, an upload, a sweep and a look beside it, on the same folder
        await using var work = CaptionerProcess.Start(folder, "work", "--json");
        await work.LineAsync(line => line.Contains("Working on", StringComparison.Ordinal));
        Assert.Equal(0, (await CaptionerProcess.RunAsync(folder, "upload", "more")).ExitCode);
        Assert.Equal(0, (await CaptionerProcess.RunAsync(folder, "sweep")).ExitCode);
        await Eventually.TrueAsync(
            async () => (await CaptionerProcess.RunAsync(folder, "status", "--json")).Json[0].GetProperty("described").GetInt32() == 2,
            "both described");
        Assert.Equal(azurite, AzuriteOf(data));

        await work.InterruptAsync();
        Assert.Equal(0, (await work.EndAsync()).ExitCode);
        await up.InterruptAsync();
        var result = await up.EndAsync();
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);
        Assert.Equal(2, result.Summary.GetProperty("store").GetProperty("described").GetInt32());
        await Eventually.GoneAsync(azurite);
        Assert.False(File.Exists(Path.Combine(data, "azurite.json")));
    }

    [Fact]
    public async Task Up_KilledWithSigkill_AzuriteSavesAndEndsAndTheNextOneGoesOn()
    {
        var folder = files.CreateFolder();
        var data = Path.Combine(folder, "data");
        PictureFiles.Write(folder, "in/first.jpg", PictureFiles.Jpeg(1));
        await using var up = CaptionerProcess.Start(folder, "up", "--images", "in", "--json");
        await up.EventAsync("described");
        var azurite = AzuriteOf(data);
        await up.KillAsync();

        // at once, while the orphan may still be saving: the next one must not attach to it, nor start beside it
        var next = await CaptionerProcess.RunAsync(folder, "up", "--once", "--json");
        Assert.True(next.ExitCode == 0, next.Text + next.Errors);
        await Eventually.GoneAsync(azurite);
        Assert.Equal(1, next.Summary.GetProperty("store").GetProperty("described").GetInt32());
    }

    [Fact]
    public async Task Up_ConnectionFromTheEnvironment_StartsNoAzurite()
    {
        var folder = files.CreateFolder();
        var connection = await files.GetConnectionStringAsync(Cancellation);
        var container = await files.CreateContainerAsync("images", Cancellation);
        await container.UploadBlobAsync("x.jpg", BinaryData.FromBytes(PictureFiles.Jpeg(5)), Cancellation);
        await using var process = CaptionerProcess.Start(
            folder,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["CAPTIONER_CONNECTION"] = connection },
            "up", "--once", "--no-web", "--container", container.Name, "--prepared-container", container.Name + "-p", "--queue", container.Name + "-q");
        var result = await process.EndAsync();
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);
        Assert.True((await container.GetBlobClient("x.jpg.json").ExistsAsync(Cancellation)).Value);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Up_OneRecordHoldsANullFlag_TellsOfItAndDescribesTheRest()
    {
        var folder = files.CreateFolder();
        var connection = await files.GetConnectionStringAsync(Cancellation);
        var container = await files.CreateContainerAsync("images", Cancellation);
        var broken = CaptionStore.Serialize(TestRecords.Described("a.jpg")).ToString().Replace("\"flags\": []", "\"flags\": [null]", StringComparison.Ordinal);
        await container.UploadBlobAsync("a.jpg", BinaryData.FromBytes(PictureFiles.Jpeg(5)), Cancellation);
        await container.UploadBlobAsync("a.jpg.json", new BinaryData(broken), Cancellation);
        await container.UploadBlobAsync("b.jpg", BinaryData.FromBytes(PictureFiles.Jpeg(6)), Cancellation);
        for (var described = 1; described >= 0; described--)
        {
            await using var process = CaptionerProcess.Start(
                folder,
                new Dictionary<string, string>(StringComparer.Ordinal) { ["CAPTIONER_CONNECTION"] = connection },
                "up", "--once", "--json", "--container", container.Name, "--prepared-container", container.Name + "-p", "--queue", container.Name + "-q");
            var told = await process.EventAsync("blocked");
            Assert.Equal("record-broken", told.GetProperty("error").GetProperty("code").GetString());
            var result = await process.EndAsync();
            Assert.True(result.ExitCode == 1, result.Text + result.Errors);
            Assert.Equal(described, result.Summary.GetProperty("described").GetInt32());
            Assert.Equal(1, result.Summary.GetProperty("store").GetProperty("blocked").GetInt32());
        }
    }

    private static int AzuriteOf(string data)
    {
        using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data, "azurite.json")));
        return state.RootElement.GetProperty("processId").GetInt32();
    }

    private static string? Status(string folder, string name)
    {
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "out", name + ".json")));
        return record.RootElement.GetProperty("status").GetString();
    }

    private static bool IsRight(string records, JsonElement label)
    {
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(records, label.GetProperty("file").GetString() + ".json")));
        var attributes = record.RootElement.GetProperty("attributes");
        Assert.NotEmpty(record.RootElement.GetProperty("copy").GetProperty("en").GetProperty("title").GetString()!);
        return Value("category") == KindFacts.CategoryOf(label.GetProperty("category").GetString() is "shoe" ? Kind.Sneaker : Enum.Parse<Kind>(label.GetProperty("category").GetString()!, ignoreCase: true))
            && new[] { "color", "pattern", "material" }.All(name => string.Equals(Value(name), label.GetProperty(name).GetString(), StringComparison.OrdinalIgnoreCase));

        string Value(string name)
        {
            var value = attributes.GetProperty(name).GetProperty("value");
            return value.ValueKind == JsonValueKind.Array ? string.Join(',', value.EnumerateArray()) : value.ToString();
        }
    }
}
