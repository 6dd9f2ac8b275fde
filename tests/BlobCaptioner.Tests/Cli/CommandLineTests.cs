using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using BlobCaptioner.Cli.Commands;
using BlobCaptioner.Models;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>Help and usage errors of the command.</summary>
public sealed partial class CommandLineTests(AzuriteFixture fixture)
{
    [Theory]
    [InlineData("up", "--images", "--once", "--out", "--slots", "--profile", "--model", "--mmproj", "--no-web", "--connection", "--data", "--json")]
    [InlineData("work", "--connection", "--data", "--slots", "--json")]
    [InlineData("sweep", "--connection", "--data", "--retry-failed", "--force", "--prefix", "--dry-run", "--json")]
    [InlineData("redo", "NAME", "--status", "--flag", "--profile", "--prefix", "--over-edits", "--json")]
    [InlineData("why", "NAME", "--connection", "--data", "--profile", "--json")]
    [InlineData("upload", "DIR", "--connection", "--data", "--json")]
    [InlineData("status", "--connection", "--data", "--json")]
    [InlineData("budget resume", "--connection", "--data", "--json")]
    [InlineData("describe", "FILE", "--model", "--attention", "--flash-attention", "--profile", "--json")]
    [InlineData("doctor", "--model", "--slots", "--json")]
    [InlineData("bench engine", "--count", "--rounds", "--words", "--slots", "--json")]
    [InlineData("estimate fleet", "--pictures-per-minute", "--workers", "--json")]
    public async Task Help_OfEachCommand_ShowsOptionsExamplesAndExitCodes(string command, params string[] words)
    {
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), [.. command.Split(' '), "--help"]);
        Assert.Equal(0, result.ExitCode);
        Assert.All((string[])[.. words, "Examples:", $"captioner {command}", "Exit codes:", "Show help"], word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_OfBenchEngine_DoesNotOfferServers()
    {
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "bench", "engine", "--help");
        Assert.DoesNotContain("--server", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfEachCommand_NamesModelsOfTheCatalogueOnly()
    {
        var texts = Commands(CaptionerCommand.Create()).SelectMany(c => (IEnumerable<string?>)
        [
            c.Description, .. c.Options.Select(o => o.Description), .. c.Arguments.Select(a => a.Description),
            .. c is ExampleCommand { Examples: var examples } ? examples.SelectMany(e => (string[])[e.Line, e.Effect]) : [],
        ]);
        var named = texts.SelectMany(t => ModelName().Matches(t ?? "")).Select(m => m.Value).ToList();
        Assert.Contains("qwen3-vl-8b-q4_k_m", named);
        Assert.All(named, name => Assert.NotNull(ModelCatalog.BuiltIn.Find(name)));
    }

    [Fact]
    public async Task Status_ContainerWithoutQueue_NamesTheQueueAndTheWayOut()
    {
        var connection = await fixture.GetConnectionStringAsync(TestContext.Current.CancellationToken);
        await new BlobContainerClient(connection, "no-queue").CreateIfNotExistsAsync(cancellationToken: TestContext.Current.CancellationToken);
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "status", "--connection", connection, "--container", "no-queue", "--queue", "no-such-queue");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("no queue 'no-such-queue'", result.Errors, StringComparison.Ordinal);
        Assert.Contains("captioner up", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_BudgetReached_SaysSoUntilAPersonResumes()
    {
        var cancel = TestContext.Current.CancellationToken;
        var connection = await fixture.GetConnectionStringAsync(cancel);
        var names = TestPipeline.Names();
        names = names with { PoisonQueue = names.CaptionsQueue + "-poison" };
        await using var pipeline = await TestPipeline.CreateAsync(connection, names: names);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("b.jpg", TestPipeline.Picture(2));
        string[] store =
            ["--connection", connection, "--container", names.ImagesContainer, "--prepared-container", names.PreparedContainer, "--queue", names.CaptionsQueue];
        var capped = new Dictionary<string, string>(StringComparer.Ordinal) { ["Budget__PerDay__Pictures"] = "1" };
        await using var process = CaptionerProcess.Start(fixture.CreateFolder(), capped, ["sweep", .. store]);
        var sweep = await process.EndAsync();
        Assert.Contains("1 enqueued", sweep.Text, StringComparison.Ordinal);
        Assert.Contains("1 held back by the day's budget", sweep.Text, StringComparison.Ordinal);
        Assert.Equal(1, await pipeline.QueueLengthAsync());

        var status = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["status", .. store]);
        Assert.Contains("Sending is paused. The day's budget is reached: 1 of 1 pictures were sent.", status.Text, StringComparison.Ordinal);
        Assert.Contains("captioner budget resume", status.Text, StringComparison.Ordinal);
        var resumed = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["budget", "resume", .. store]);
        Assert.Equal(0, resumed.ExitCode);
        status = await CaptionerProcess.RunAsync(fixture.CreateFolder(), ["status", .. store]);
        Assert.Contains("resumed by hand", status.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Sending is paused", status.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sweep")]
    [InlineData("redo")]
    [InlineData("status")]
    [InlineData("estimate")]
    [InlineData("export", "--format", "jsonl")]
    [InlineData("eval", "labels.csv")]
    public void Prefix_ThatNoNameCanHave_IsRefused(string command, params string[] others)
    {
        var parse = CaptionerCommand.Create().Parse([command, .. others, "--prefix", "shoes/\u0001"]);
        Assert.Contains(@"--prefix 'shoes/\u0001' can't begin a picture's name: it has the control character U+0001.", parse.Errors.Select(e => e.Message));
        Assert.DoesNotContain(CaptionerCommand.Create().Parse([command, .. others, "--prefix", "鞋/"]).Errors, e => e.Message.Contains("--prefix", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Storage_ThatNeverAnswers_IsALineNotAStackTrace()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = $"http://{silent.LocalEndpoint}/a";
        var storage = CaptionStorage.Connect(
            $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint={address};QueueEndpoint={address}",
            new() { NetworkTimeout = TimeSpan.FromMilliseconds(100), MaxRetries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) });
        var error = await Assert.ThrowsAsync<AggregateException>(() => storage.Images.ExistsAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("Storage can't be reached: ", CaptionerCommand.Explain(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfTheRoot_ListsAllCommandsOnOneScreen()
    {
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(CaptionerCommand.Create().Subcommands, command => Assert.Contains(result.Output, line => line.StartsWith($"  {command.Name} ", StringComparison.Ordinal)));
        Assert.InRange(result.Output.Count, 20, 40);
        Assert.Contains("Exit codes:", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "captioner --help")]
    [InlineData("upp", "upp")]
    [InlineData("up --slots 0", "1 to 64")]
    [InlineData("up --slots many", "many")]
    [InlineData("up --model a.gguf", "--mmproj")]
    [InlineData("work --model no.gguf --mmproj no.gguf", "no.gguf")]
    [InlineData("describe --model nosuchmodel x.jpg", "qwen3-vl-8b-q4_k_m")]
    [InlineData("describe --attention cuda x.jpg", "auto")]
    [InlineData("describe --kv-cache q8_0 --flash-attention off x.jpg", "--kv-cache q8_0 needs flash attention")]
    [InlineData("describe --flash-attention yes x.jpg", "off")]
    [InlineData("status --connection x --data y", "exclude each other")]
    [InlineData("status --connection nonsense", "connection string")]
    [InlineData("status", "captioner up")]
    [InlineData("describe", "FILE")]
    [InlineData("describe --profile nope x.jpg", "'nope'")]
    [InlineData("up --images nowhere", "nowhere")]
    [InlineData("upload nowhere", "nowhere")]
    [InlineData("sweep --unknown", "--unknown")]
    [InlineData("redo", "--status, --flag")]
    [InlineData("redo --with nope a.jpg", "'nope'")]
    [InlineData("bench engine --count 0", "1 to 100000")]
    [InlineData("bench engine --cuont 0", "See: captioner bench engine --help")]
    [InlineData("up --once --poll-seconds -1", "'--poll-seconds' is '-00:00:01'. It must be between")]
    [InlineData("work --once --retry-seconds -1", "'--retry-seconds' is '-00:00:01'. It must be between")]
    [InlineData("bench engine --server http://127.0.0.1:1 --server-model x", "leave --server out")]
    [InlineData("estimate fleet", "--pictures-per-minute")]
    [InlineData("estimate fleet --pictures-per-minute 0", "'0'")]
    [InlineData("estimate fleet --pictures-per-minute 1 --workers 1,x", "'1,x'")]
    [InlineData("estimate fleet --pictures-per-minute 1 --currency euro", "'euro'")]
    [InlineData("describe --max-megapixels 0 x.jpg", "MaxMegapixels")]
    [InlineData("describe --max-megabytes many x.jpg", "'many'")]
    [InlineData("describe --max-megapixels 1.5 x.jpg", "whole number, such as 2")]
    [InlineData("describe --background white x.jpg", "Background")]
    public async Task BadUse_ReturnsTwoAndSaysWhatIsWrong(string arguments, string word)
    {
        var folder = fixture.CreateFolder();
        var result = await CaptionerProcess.RunAsync(folder, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(word, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public void Loop_ZeroSeconds_RetriesAtOnceAndPollsAtTheShortestInterval()
    {
        var arguments = new LoopArguments();
        var command = new RootCommand();
        arguments.AddTo(command);
        var options = arguments.Read(command.Parse("--retry-seconds 0 --poll-seconds 0"));
        Assert.Equal((TimeSpan.Zero, new QueueLoopOptions().MinPoll), (options.RetryDelay, options.MaxPoll));
    }

    [Fact]
    public async Task Status_NobodyAnswersAtTheConnection_SaysSoWithoutAStackTrace()
    {
        var dead = new BlobCaptioner.Cli.LocalStack.AzuritePorts(1, 2, 3).ConnectionString;
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "status", "--connection", dead);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("can't be reached", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_WithAModel_SaysWhetherItFits()
    {
        var model = BundledModel.Options;
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "doctor", "--json", "--model", model.TextModelPath, "--mmproj", model.VisionModelPath, "--slots", "3");
        var memory = result.Json[0].EnumerateArray().Single(r => r.GetProperty("name").GetString() == "memory for the model");
        Assert.Equal("ok", memory.GetProperty("state").GetString(), ignoreCase: true);
        Assert.Contains("with 3 slots", memory.GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains("up to 64 slots fit", memory.GetProperty("found").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EstimateFleet_ThreeSizes_GivesATable()
    {
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "estimate", "fleet", "--pictures-per-minute", "300", "--workers", "1,1000", "--gpu-price-per-hour", "3.5");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("432,000", result.Text, StringComparison.Ordinal);
        Assert.Contains("the queue would be reached at 133 workers", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OnThisMachine_ListsWhatIsNeeded()
    {
        var result = await CaptionerProcess.RunAsync(fixture.CreateFolder(), "doctor", "--json");
        var names = result.Json[0].EnumerateArray().Select(r => r.GetProperty("name").GetString()!).ToList();
        Assert.All((string[])[".NET", "Node.js", "npm", "llama.cpp", "Azurite", "sample model", "disk"],
            part => Assert.Contains(names, n => n.Contains(part, StringComparison.Ordinal)));
        Assert.All((string[])["git", "CMake", "compiler", "make"], part => Assert.DoesNotContain(names, n => n.Contains(part, StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(0, result.ExitCode);
    }

    private static IEnumerable<Command> Commands(Command command) => [command, .. command.Subcommands.SelectMany(Commands)];

    // every name of the catalogue ends with its quantisation in lower case
    [GeneratedRegex(@"[a-z][\w.-]*-q[0-9]\w*")]
    private static partial Regex ModelName();
}
