using System.CommandLine;
using System.Text.RegularExpressions;
using BlobCaptioner.Cli.Commands;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Tests.Infra;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>What the pages name is there: files, headings, commands, options and settings; and each page is short and can be reached.</summary>
public sealed partial class PagesTests
{
    private const string Door = "README.md";
    private const int DoorBytes = 9 * 1024;
    private const int PageBytes = 12 * 1024;

    // Options of programs that aren't ours, as far as the pages name them in prose.
    private static readonly Dictionary<string, string[]> OtherPrograms = new(StringComparer.Ordinal)
    {
        ["az"] = ["--location", "--min-replicas", "--name", "--parameters", "--query", "--resource-group"],
        ["docker"] = ["--gpus"],
        ["dotnet"] = ["--project"],
        ["llama-server"] = ["--alias", "--cache-ram", "--mmproj", "--port"],
        ["python"] = ["--grammar-backend", "--max-running-requests", "--model-path", "--port"],
        ["vllm"] = ["--limit-mm-per-prompt", "--max-model-len", "--max-num-seqs"],
    };

    // Programs of this repository that read their options by hand: the page, and the folder whose source names the options.
    private static readonly (string Page, string Sources)[] OwnPrograms =
    [
        ("", "src/BlobCaptioner.Hosting"),
        ("src/BlobCaptioner.SampleModel/README.md", "src/BlobCaptioner.SampleModel"),
        ("tests/BlobCaptioner.Benchmarks/README.md", "tests/BlobCaptioner.Benchmarks"),
    ];

    private static readonly HashSet<string> CaptionerOptions = [.. Options(CaptionerCommand.Create())];

    private static readonly HashSet<string> TestClasses = [.. typeof(PagesTests).Assembly.GetTypes().Select(t => t.Name)];

    public static TheoryData<string> Pages => [.. MarkdownPage.All.Select(p => p.Path)];

    [Fact]
    public void Pages_InTheRepository_AreFound() => Assert.Empty(
        new[] { Door, "README.zh-Hans.md", "infra/README.md", "src/README.md", "src/BlobCaptioner/Records/README.md" }.Except(MarkdownPage.All.Select(p => p.Path)));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_AnySize_IsWithinItsLimit(string path)
    {
        var page = MarkdownPage.Read(path);
        var limit = page.IsDoor ? DoorBytes : PageBytes;
        Assert.True(page.Bytes <= limit, $"{path} has {page.Bytes} bytes; the limit is {limit}. Move a part beside the code that it speaks of, or shorten it.");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_ToFilesAndHeadings_Resolve(string path)
    {
        var page = MarkdownPage.Read(path);
        Assert.Multiple([.. page.Links.Select<string, Action>(link => () =>
        {
            var (target, anchor) = page.Resolve(link);
            Assert.True(!target.StartsWith("..", StringComparison.Ordinal) && Exists(target), $"{path} links to '{link}'; there is no '{target}'.");
            if (anchor.Length > 0)
            {
                var anchors = MarkdownPage.Read(target).Anchors.ToList();
                Assert.True(anchors.Contains(anchor, StringComparer.Ordinal), $"{path} links to '{link}'; the headings of '{target}' are {string.Join(", ", anchors)}.");
            }
        })]);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_BetweenReadMeAndPage_GoBothWays(string path)
    {
        var page = MarkdownPage.Read(path);
        if (path != Door)
        {
            Assert.True(Targets(page).Contains(Door), $"{path} does not link to {Door}.");
        }

        Assert.All(MarkdownPage.All.Where(p => p.IsDoor && p.Path != path && (!page.IsDoor || p.Path == Door)), door =>
            Assert.True(Targets(door).Contains(path), $"{door.Path} does not link to {path}."));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void TestClasses_InProse_Exist(string path) => Assert.Empty(MarkdownPage.Read(path).CodeSpans.Where(span => TestClass().IsMatch(span)).Except(TestClasses));

    [Theory]
    [InlineData(Door)]
    [InlineData("src/README.md")]
    public void Promises_OnThePage_NameTheirTests(string path) => Assert.True(MarkdownPage.Read(path).CodeSpans.Count(span => TestClass().IsMatch(span)) >= 5);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_InCodeBlocks_Parse(string path) => Assert.Multiple([.. Commands(MarkdownPage.Read(path)).Select<string, Action>(arguments => () =>
    {
        var errors = CaptionerCommand.Create().Parse(arguments).Errors;
        Assert.True(errors.Count == 0, $"{path}: captioner {arguments}: {string.Join(' ', errors.Select(e => e.Message))}");
    })]);

    [Fact]
    public void Commands_OnAllPages_AreFound()
    {
        Assert.True(Commands(MarkdownPage.Read(Door)).Count() >= 5);
        Assert.True(Commands(MarkdownPage.Read("src/BlobCaptioner.Cli/README.md")).Count() >= 20);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_InProse_ParseOrNameACommand(string path) => Assert.Multiple([.. MarkdownPage.Read(path).CodeSpans
        .Select(span => CommandLine().Match(span))
        .Where(match => match.Success)
        .Select(match => match.Groups["arguments"].Value.Trim())
        .Select<string, Action>(arguments => () =>
        {
            var errors = CaptionerCommand.Create().Parse(arguments).Errors;
            Assert.True(errors.Count == 0 || NamesACommand(arguments), $"{path}: captioner {arguments}: {string.Join(' ', errors.Select(e => e.Message))}");
        })]);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Options_InProse_Exist(string path)
    {
        var page = MarkdownPage.Read(path);
        var own = OwnPrograms.Where(p => p.Page.Length == 0 || p.Page == path).SelectMany(p => NamedIn(p.Sources)).ToHashSet(StringComparer.Ordinal);
        Assert.Multiple([.. page.CodeSpans.Where(span => !CommandLine().IsMatch(span)).SelectMany(
            span => Option().Matches(span),
            (span, option) => (Action)(() =>
            {
                var program = span.Split(' ')[0];
                var known = OtherPrograms.TryGetValue(program, out var others)
                    ? others.Contains(option.Value, StringComparer.Ordinal)
                    : CaptionerOptions.Contains(option.Value) || own.Contains(option.Value) || (span[0] == '-' && OtherPrograms.Values.Any(o => o.Contains(option.Value, StringComparer.Ordinal)));
                Assert.True(known, $"{path} names {option.Value} in `{span}`; no command of captioner has it. Is it of another program, name that in {nameof(OtherPrograms)}.");
            }))]);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Settings_InProse_AreRead(string path) => Assert.Multiple([.. MarkdownPage.Read(path).CodeSpans
        .Select(span => Setting().Match(span))
        .Where(match => match.Success)
        .Select<Match, Action>(match => () =>
        {
            var (section, name) = (match.Groups["section"].Value, match.Groups["name"].Value);
            var known = SettingsOf(section);
            Assert.True(known.Length > 0, $"{path} names {match.Value}; no host reads a section '{section}'.");
            Assert.True(name == "..." || known.Contains(name, StringComparer.OrdinalIgnoreCase), $"{path} names {match.Value}; '{section}' has {string.Join(", ", known)}.");
        })]);

    [Theory]
    [InlineData("Images", "MaxMegapixels")]
    [InlineData("Queue", "MaxTries")]
    [InlineData("Remote", "TopLogprobs")]
    [InlineData("Telemetry", "QueueWatch")]
    [InlineData("CaptionStorage", "queueServiceUri")]
    public void SettingsOf_SectionThatAHostReads_AreKnown(string section, string name) => Assert.Contains(name, SettingsOf(section));

    [Fact]
    public void SettingsOf_SectionThatNobodyReads_AreNone() => Assert.Empty(SettingsOf("Nonsense"));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Paths_InProse_Exist(string path) => Assert.Multiple([.. MarkdownPage.Read(path).CodeSpans
        .SelectMany(span => span.Split(' '))
        .Where(word => RepositoryPath().IsMatch(word) && !word.Contains("/TestResults/", StringComparison.Ordinal))
        .Select<string, Action>(word => () => Assert.True(Exists(word), $"{path} names '{word}', which is not there."))]);

    private static bool Exists(string path) => Path.Exists(Path.Combine(InfraFiles.Root, path));

    private static HashSet<string> Targets(MarkdownPage page) => [.. page.Links.Select(link => page.Resolve(link).Target)];

    private static IEnumerable<string> Commands(MarkdownPage page) => page.CodeBlocks
        .SelectMany(block => CommandLine().Matches(block.Code.Replace("\\\n", " ", StringComparison.Ordinal)))
        .Select(match => match.Groups["arguments"].Value.Trim());

    private static IEnumerable<string> Options(Command command) =>
        command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Concat(command.Subcommands.SelectMany(Options));

    private static bool NamesACommand(string words)
    {
        Command? command = CaptionerCommand.Create();
        foreach (var word in words.Split(' '))
        {
            command = command?.Subcommands.FirstOrDefault(c => c.Name == word);
        }

        return command is not null;
    }

    private static IEnumerable<string> NamedIn(string folder) => Directory
        .EnumerateFiles(Path.Combine(InfraFiles.Root, folder), "*.cs", SearchOption.AllDirectories)
        .SelectMany(file => QuotedOption().Matches(File.ReadAllText(file)).Select(m => m.Groups["option"].Value));

    /// <summary>The names in a section: what the hosts answer to a setting that isn't there. Empty where no host reads the section.</summary>
    private static string[] SettingsOf(string section)
    {
        if (section == StorageConnection.Setting)
        {
            return [StorageConnection.BlobServiceUri, StorageConnection.QueueServiceUri, StorageConnection.Credential, StorageConnection.ClientId];
        }

        const string None = "NoSuchSetting";
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageConnection.Setting] = "UseDevelopmentStorage=true",
            ["BlobTrigger:Source"] = "Polling",
            ["Sweep:Schedule"] = "0 */15 * * * *",
            [$"{section}:{None}"] = "1",
        }).Build();
        Action<IServiceCollection>[] hosts =
        [
            services => services.AddCaptionFunctions(configuration),
            services => services.AddCaptionWorker(configuration, _ => throw new InvalidOperationException("No model is loaded here.")),
            services => services.AddCaptionerTelemetry(configuration, "pages", prometheus: false),
        ];
        foreach (var host in hosts)
        {
            try
            {
                var services = new ServiceCollection();
                host(services);
                using var provider = services.BuildServiceProvider();
                provider.CheckSettings();
            }
            catch (SettingsException refused) when (refused.Message.Contains(None, StringComparison.Ordinal))
            {
                return [.. KnownSetting().Matches(refused.Message).Select(m => m.Groups["name"].Value).Where(n => n != None)];
            }
        }

        return [];
    }

    [GeneratedRegex("^(captioner|dotnet run( -p:[^ ]+)? --project src/BlobCaptioner.Cli --) (?<arguments>[a-z][^#|>\n]*)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex CommandLine();

    [GeneratedRegex("(?<![a-zA-Z0-9-])--[a-z][a-z-]*", RegexOptions.None, 1000)]
    private static partial Regex Option();

    [GeneratedRegex("\"(?<option>--[a-z][a-z-]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QuotedOption();

    [GeneratedRegex(@"^(?<section>[A-Z][A-Za-z]+)(:|__)(?<name>[A-Za-z]+|\.\.\.)(=.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Setting();

    [GeneratedRegex("__(?<name>[A-Za-z]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KnownSetting();

    [GeneratedRegex("^[A-Z][A-Za-z]+Tests$", RegexOptions.None, 1000)]
    private static partial Regex TestClass();

    [GeneratedRegex("^(src|tests|infra)/[^*<{]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RepositoryPath();
}
