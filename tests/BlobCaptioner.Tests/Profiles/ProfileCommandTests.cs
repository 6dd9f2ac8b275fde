using System.Text;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

public sealed class ProfileCommandTests(AzuriteFixture files)
{
    [Fact]
    public async Task List_Json_NamesEveryBuiltInProfile()
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "profile", "list", "--json");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(BuiltInProfiles.Names, result.Json[0].EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.Contains("google-merchant", (await CaptionerProcess.RunAsync(files.CreateFolder(), "profile", "list")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_BuiltIn_WritesAFileThatReadsToTheSameProfile()
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "profile", "show", "amazon");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(BuiltInProfiles.Get("amazon").Version, ProfileReader.Read(Encoding.UTF8.GetBytes(result.Text), "x.json").Version);
        Assert.Contains("never guess brands", (await CaptionerProcess.RunAsync(files.CreateFolder(), "profile", "show", "amazon", "--prompt")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_GoodAndBrokenFiles_SaysEachAndReturnsOne()
    {
        var folder = files.CreateFolder();
        Directory.CreateDirectory(Path.Combine(folder, "_profiles"));
        Directory.CreateDirectory(Path.Combine(folder, "shoes"));
        await WriteAsync(folder, "_profiles/mine.json", """{"extends": "amazon"}""");
        await WriteAsync(folder, "shoes/_captioner.json", """{"profile": "mine", "tone": "bold"}""");
        await WriteAsync(folder, "shoes/_catalog.csv", "sku,brand\nA,Acme\n");
        await WriteAsync(folder, "bad.json", """{"extends": "amazon", "fields": [{"name": "title", "kind": "txt"}]}""");
        var good = await CaptionerProcess.RunAsync(folder, "profile", "check", "--json", "_profiles/mine.json", "shoes/_captioner.json", "shoes/_catalog.csv");
        Assert.Equal((0, 3), (good.ExitCode, good.Json.Count));
        Assert.Equal(["profile", "folder", "catalog"], good.Json.Select(f => f.GetProperty("kind").GetString()));
        Assert.All(good.Json, f => Assert.True(f.GetProperty("ok").GetBoolean()));
        Assert.Equal("mine", good.Json[1].GetProperty("name").GetString());
        Assert.Equal(1, good.Json[2].GetProperty("rows").GetInt32());

        var bad = await CaptionerProcess.RunAsync(folder, "profile", "check", "bad.json", "shoes/_catalog.csv");
        Assert.Equal(1, bad.ExitCode);
        Assert.Equal("bad.json: $.fields[0].kind: 'txt' is not one of text, text-list, choice, choices, number, yes-no", bad.Output[0]);
        Assert.Equal("shoes/_catalog.csv: ok, 1 rows", bad.Output[1]);
        Assert.Equal(2, (await CaptionerProcess.RunAsync(folder, "profile", "check", "none.json")).ExitCode);

        var described = await CaptionerProcess.RunAsync(folder, "describe", "--profile", "bad.json", "x.jpg");
        Assert.Equal(2, described.ExitCode);
        Assert.Contains("$.fields[0].kind", described.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindProfile_AFile_IsRead()
    {
        var folder = files.CreateFolder();
        await WriteAsync(folder, "mine.json", """{"extends": "amazon"}""");
        await WriteAsync(folder, "bad.json", """{"extends": 1}""");
        Assert.Equal("mine", new CaptioningOptions { Profile = Path.Combine(folder, "mine.json") }.FindProfile().Name);
        var error = Assert.Throws<SettingsException>(() => new CaptioningOptions { Profile = Path.Combine(folder, "bad.json") }.FindProfile());
        Assert.Contains("Captioning__Profile", error.Message, StringComparison.Ordinal);
        Assert.Contains("$.extends", error.Message, StringComparison.Ordinal);
    }

    private static Task WriteAsync(string folder, string name, string content) =>
        File.WriteAllTextAsync(Path.Combine(folder, name), content, TestContext.Current.CancellationToken);
}
