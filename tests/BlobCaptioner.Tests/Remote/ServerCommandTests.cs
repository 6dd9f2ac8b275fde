using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>The command with <c>--server</c>.</summary>
public sealed class ServerCommandTests(AzuriteFixture files)
{
    [Fact]
    public async Task Describe_WithServer_NeedsNoLlamaCpp()
    {
        await using var server = await StubServer.StartAsync();
        var folder = files.CreateFolder();
        PictureFiles.Write(folder, "one.jpg", PictureFiles.Jpeg(1));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // a folder without libraries: whoever loads them fails
            [BlobCaptioner.Engine.Natives.NativeLibraries.FolderVariable] = folder,
            ["STUB_KEY"] = "k-1",
        };
        await using var process = CaptionerProcess.Start(
            folder, environment, "describe", "--json", "--server", server.Address.ToString(), "--server-model", "stub", "--server-key-env", "STUB_KEY",
            "--profile", "sample", "one.jpg");
        var result = await process.EndAsync();
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal("A red mug", Assert.Single(result.Json).GetProperty("copy").GetProperty("en").GetProperty("title").GetString());
        Assert.Equal("Bearer k-1", Assert.Single(server.Keys));
    }

    [Theory]
    [InlineData("belong together", "--server", "http://127.0.0.1:1")]
    [InlineData("give an address", "--server", "localhost", "--server-model", "m")]
    [InlineData("exclude each other", "--server", "http://127.0.0.1:1", "--server-model", "m", "--model", "a.gguf", "--mmproj", "b.gguf")]
    [InlineData("'NO_SUCH_VARIABLE_7'", "--server", "http://127.0.0.1:1", "--server-model", "m", "--server-key-env", "NO_SUCH_VARIABLE_7")]
    public async Task Describe_ServerOptionsWrong_SaysWhyAndReturnsTwo(string said, params string[] options)
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), ["describe", .. options, "one.jpg"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_ServerRefusesTheKey_SaysSoBeforeAnyPicture()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(401, "invalid_api_key", "no"));
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "describe", "--server", server.Address.ToString(), "--server-model", "m", "one.jpg");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--server-key-env", result.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
