using System.Text.Json;
using BlobCaptioner.Models;
using BlobCaptioner.Tests.Cli;
using Xunit;

namespace BlobCaptioner.Tests.Models;

/// <summary><c>captioner model</c> as a process, with a catalogue and a server of the test's own.</summary>
public sealed class ModelCommandTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions s_camelCase = new(JsonSerializerDefaults.Web);

    private readonly PullBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FileServer Server => _bench.Server;

    private string CatalogPath => Path.Combine(_bench.Folder, "catalog.json");

    private string ModelFolder => Path.Combine(_bench.Folder, "models");

    public async ValueTask InitializeAsync() => await WriteCatalogAsync(_bench.Catalog);

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task List_NothingPulled_ShowsEachModelOfTheBuiltInCatalogue()
    {
        var result = await CaptionerProcess.RunAsync(_bench.Folder, "model", "list", "--dir", ModelFolder);
        Assert.Equal(0, result.ExitCode);
        Assert.All(
            (string[])["qwen3-vl-8b-q4_k_m", "qwen3-vl-8b-q8_0", "qwen3-vl-8b-f16", "mmproj Q8_0", "5.0 GB", "Apache-2.0", ModelFolder],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
        Assert.False(Directory.Exists(ModelFolder));
    }

    [Fact]
    public async Task Pull_ThenListAndVerify_KnowTheFiles()
    {
        var pulled = await RunAsync("model", "pull", "small");
        Assert.Equal((0, ""), (pulled.ExitCode, string.Join('\n', pulled.Errors.Split('\n').Where(l => !l.Contains(".gguf: ", StringComparison.Ordinal)))));
        Assert.Equal([Path.Combine(ModelFolder, "text.gguf"), Path.Combine(ModelFolder, "vision.gguf")], pulled.Output);
        Assert.Contains("SHA-256 done", pulled.Errors, StringComparison.Ordinal);
        var listed = (await RunAsync("model", "list", "--json")).Json[0][0];
        Assert.True(listed.GetProperty("ready").GetBoolean());
        Assert.Equal("present", listed.GetProperty("text").GetProperty("state").GetString());
        var verified = await RunAsync("model", "verify", "--json");
        Assert.Equal((0, 2), (verified.ExitCode, verified.Json[0].GetArrayLength()));
        Assert.All(verified.Json[0].EnumerateArray(), f => Assert.Equal("verified", f.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Pull_Json_WritesProgressAndThePaths()
    {
        var result = await RunAsync("model", "pull", "small", "--json");
        Assert.Equal(["progress", "done"], result.Json.Select(l => l.GetProperty("event").GetString()).Distinct());
        Assert.Equal(Path.Combine(ModelFolder, "vision.gguf"), result.Json[^1].GetProperty("mmproj").GetString());
        Assert.Contains(result.Json, l => l.TryGetProperty("checkedBytes", out var at) && at.GetInt64() == PullBench.TextBytes);
    }

    [Fact]
    public async Task Verify_AChangedFile_ReturnsOneAndSaysTheWayOut()
    {
        await RunAsync("model", "pull", "small");
        await File.WriteAllBytesAsync(Path.Combine(ModelFolder, "vision.gguf"), new byte[PullBench.VisionBytes], Token);
        var result = await RunAsync("model", "verify", "small");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("ok       text.gguf", result.Output);
        Assert.Contains(_bench.Catalog.Models[0].Vision[0].Sha256, result.Text, StringComparison.Ordinal);
        Assert.Contains("pull it again", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_NothingPulled_ReturnsOneForANameAndZeroWithout()
    {
        Assert.Equal(1, (await RunAsync("model", "verify", "small")).ExitCode);
        Assert.Equal(0, (await RunAsync("model", "verify")).ExitCode);
    }

    [Theory]
    [InlineData("pull nope", "'nope'")]
    [InlineData("pull small --mmproj Q2", "F16")]
    [InlineData("pull small --source elsewhere", "'elsewhere'")]
    [InlineData("pull small --mirror nonsense", "http")]
    [InlineData("pull small --parts 33", "1 to 32")]
    [InlineData("pull", "NAME")]
    [InlineData("verify nope", "'nope'")]
    public async Task Model_BadUse_ReturnsTwoAndSaysWhatIsWrong(string arguments, string word)
    {
        var result = await RunAsync(["model", .. arguments.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(word, result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Server.Requests);
    }

    [Theory]
    [InlineData("list", "--dir", "--json")]
    [InlineData("pull", "NAME", "--mmproj", "--dir", "--source", "--mirror", "--parts", "--json")]
    [InlineData("verify", "NAME", "--dir", "--json")]
    public async Task Help_OfEachCommand_ShowsOptionsExamplesAndExitCodes(string command, params string[] words)
    {
        var result = await CaptionerProcess.RunAsync(_bench.Folder, "model", command, "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All((string[])[.. words, "Examples:", $"captioner model {command}", "Exit codes:"], word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("not json", "catalog.json")]
    [InlineData("""{"sources":[],"models":[]}""", "no sources")]
    public async Task List_ACatalogueThatCannotBe_ReturnsTwoAndSaysWhy(string content, string words)
    {
        await File.WriteAllTextAsync(CatalogPath, content, Token);
        var result = await RunAsync("model", "list");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(words, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_AFileNameThatLeavesTheDirectory_ReturnsTwo()
    {
        var model = _bench.Catalog.Models[0];
        await WriteCatalogAsync(_bench.Catalog with { Models = [model with { Text = model.Text with { Name = "../text.gguf" } }] });
        var result = await RunAsync("model", "list");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'../text.gguf' is not a file name", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_KilledUnderWay_NextOneGoesOnAndFindsTheHashRight()
    {
        const int length = 150_000_000;
        var content = PullBench.Random(length, 5);
        Server.Files[PullBench.Text] = content;
        var model = _bench.Catalog.Models[0] with { Text = PullBench.FileOf("text.gguf", content) };
        await WriteCatalogAsync(_bench.Catalog with { Models = [model] });
        Server.Answer = r => Server.Proper(r) with { Body = Server.Proper(r).Body[..100_000_000], Hold = Server.Forever };
        var part = new FileInfo(Path.Combine(ModelFolder, ".pull", "text.gguf.part"));
        await using (var killed = Start("model", "pull", "small", "--parts", "2"))
        {
            await Eventually.TrueAsync(
                () =>
                {
                    part.Refresh();
                    return Task.FromResult(part is { Exists: true, Length: > 1_000_000 });
                },
                "something received");
            await killed.KillAsync();
        }

        Assert.False(File.Exists(Path.Combine(ModelFolder, "text.gguf")));
        var listed = (await RunAsync("model", "list", "--json")).Json[0][0].GetProperty("text");
        Assert.Equal("partial", listed.GetProperty("state").GetString());
        var kept = listed.GetProperty("presentBytes").GetInt64();
        Assert.InRange(kept, 1, length - 1);
        var before = Server.Requests.Count;
        Server.Answer = Server.Proper;
        var result = await RunAsync("model", "pull", "small");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(length - kept, Server.Requests.Skip(before).Where(r => r.Path == PullBench.Text).Sum(r => r.To - r.From + 1));
        var pulled = await File.ReadAllBytesAsync(Path.Combine(ModelFolder, "text.gguf"), Token);
        Assert.True(content.AsSpan().SequenceEqual(pulled));
        Assert.Equal(["text.gguf.lock", "vision.gguf.lock"], Directory.EnumerateFiles(Path.Combine(ModelFolder, ".pull")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Pull_Interrupted_ReturnsOneAndKeepsWhatCame()
    {
        Server.Answer = r => Server.Proper(r) with { Body = Server.Proper(r).Body[..500_000], Hold = Server.Forever };
        await using var process = Start("model", "pull", "small", "--json");
        await Eventually.TrueAsync(() => Task.FromResult(Server.Requests.Count > 0), "asked");
        await process.InterruptAsync();
        var result = await process.EndAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("pull again to go on", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(ModelFolder, "text.gguf")));
    }

    [Fact]
    public async Task Describe_WithTheNameOfAPulledModel_LoadsIt()
    {
        var (text, vision) = (await File.ReadAllBytesAsync(BundledModel.TextModelPath, Token), await File.ReadAllBytesAsync(BundledModel.VisionModelPath, Token));
        (Server.Files[PullBench.Text], Server.Files[PullBench.Vision]) = (text, vision);
        var model = _bench.Catalog.Models[0] with { Text = PullBench.FileOf("text.gguf", text), Vision = [PullBench.FileOf("vision.gguf", vision)] };
        await WriteCatalogAsync(_bench.Catalog with { Models = [model] });
        PictureFiles.Write(_bench.Folder, "one.jpg", PictureFiles.Jpeg(1));
        var early = await RunModelNameAsync("small");
        Assert.Equal(2, early.ExitCode);
        Assert.Contains("captioner model pull small", early.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("model", "pull", "small")).ExitCode);
        var described = await RunModelNameAsync("SMALL");
        Assert.Equal(0, described.ExitCode);
        Assert.Equal("described", described.Json[0].GetProperty("status").GetString());
        var unknown = await RunModelNameAsync("smaller");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("small", unknown.Errors, StringComparison.Ordinal);
    }

    private async Task<CaptionerResult> RunModelNameAsync(string name)
    {
        await using var process = CaptionerProcess.Start(_bench.Folder, Environment(), "describe", "--json", "--model", name, "one.jpg");
        return await process.EndAsync();
    }

    private async Task<CaptionerResult> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.EndAsync();
    }

    private CaptionerProcess Start(params string[] arguments) => CaptionerProcess.Start(_bench.Folder, Environment(), arguments);

    private Dictionary<string, string> Environment() => new(StringComparer.Ordinal) { [ModelCatalog.Variable] = CatalogPath, [ModelDirectory.Variable] = ModelFolder };

    private Task WriteCatalogAsync(ModelCatalog catalog) =>
        File.WriteAllBytesAsync(CatalogPath, JsonSerializer.SerializeToUtf8Bytes(catalog, s_camelCase), Token);
}
