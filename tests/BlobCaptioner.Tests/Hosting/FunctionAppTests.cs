using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BlobCaptioner.Tests.Hosting;

/// <summary>
/// The function app can't be built where its packages are missing; these tests read its files, so that names which only the platform would miss
/// are missed here.
/// </summary>
public sealed partial class FunctionAppTests
{
    private static readonly string Root = FindRoot();

    private static string Sources => string.Join('\n', Directory.GetFiles(Path.Combine(Root, "src/BlobCaptioner.Functions"), "*.cs").Select(File.ReadAllText));

    // As the host reads environment variables.
    private static Dictionary<string, string?> SampleValues => JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "local.settings.sample.json")))
        .RootElement.GetProperty("Values").EnumerateObject().ToDictionary(v => v.Name.Replace("__", ":", StringComparison.Ordinal), v => v.Value.GetString(), StringComparer.Ordinal);

    [Fact]
    public void Sample_EverySettingOfATrigger_IsThere()
    {
        var named = Placeholders().Matches(Sources).Select(m => m.Groups["name"].Value).Concat(Connections().Matches(Sources).Select(m => m.Groups["name"].Value)).Distinct(StringComparer.Ordinal);
        Assert.Equal(["CaptionStorage", "Storage:ImagesContainer", "Storage:PoisonQueue", "Sweep:Schedule"], named.Order(StringComparer.Ordinal));
        Assert.All(named, name => Assert.Contains(name, SampleValues.Keys));
    }

    [Fact]
    public void Sample_StartsTheApp()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(SampleValues).Build();
        using var services = new ServiceCollection().AddCaptionFunctions(settings).BuildServiceProvider();
        Assert.Equal("images", services.GetRequiredService<CaptionStorage>().Images.Name);
        Assert.Equal(ImageTriggerSource.Polling, services.GetRequiredService<ImageTriggerSettings>().Source);
        Assert.Equal(6, services.GetRequiredService<SweepSettings>().Schedule.Split(' ').Length);
        Assert.Equal("dotnet-isolated", SampleValues["FUNCTIONS_WORKER_RUNTIME"]);
    }

    [Fact]
    public void Program_TypesThatFunctionsAskFor_AreAllRegistered()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(SampleValues).Build();
        var services = new ServiceCollection().AddCaptionFunctions(settings);
        var asked = PrimaryConstructors().Matches(Sources).SelectMany(m => m.Groups["name"].Value.Split(", ")).Select(p => p.Split(' ')[0])
            .Where(type => !type.StartsWith("ILogger<", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToArray();
        Assert.Contains("PoisonMarker", asked);
        Assert.All(asked, type => Assert.Contains(services, s => s.ServiceType.Name == type));
    }

    [Theory]
    [InlineData("EventGrid", "IngestFromEventGrid", "IngestByPolling")]
    [InlineData("Polling", "IngestByPolling", "IngestFromEventGrid")]
    public void ImageTriggerSettings_Source_LeavesOneOfTheTwoWirings(string source, string runs, string doesNot)
    {
        var settings = SettingsReader.Read<ImageTriggerSettings>(
            new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("BlobTrigger:Source", source)]).Build(), ImageTriggerSettings.Section);
        Assert.True(settings.Includes(runs));
        Assert.False(settings.Includes(doesNot));
        Assert.True(settings.Includes("Sweep"));
    }

    [Theory]
    [InlineData("BlobTrigger:Source", null, "EventGrid or Polling")]
    [InlineData("BlobTrigger:Source", "Both", "EventGrid or Polling")]
    [InlineData("Sweep:Schedule", null, "Sweep__Schedule")]
    [InlineData("Sweep:MaxDuration", "02:00:00", "Sweep__MaxDuration")]
    public void AddCaptionFunctions_WrongSetting_SaysWhatItTakes(string name, string? value, string says)
    {
        var values = SampleValues;
        values[name] = value;
        var error = Assert.Throws<SettingsException>(() => new ServiceCollection().AddCaptionFunctions(new ConfigurationBuilder().AddInMemoryCollection(values).Build()));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_BlobTriggers_BindClientsAndCarryTheirWiringsNames()
    {
        Assert.Equal(2, BlobTriggers().Count(Sources));
        Assert.Matches(@"(?s)\[Function\(ImageTriggerSettings\.EventGridFunction\)\][^\[]*\[BlobTrigger\([^\]]*Source = BlobTriggerSource\.EventGrid\)\] BlobClient ", Sources);
        Assert.Matches(@"(?s)\[Function\(ImageTriggerSettings\.PollingFunction\)\][^\[]*\[BlobTrigger\([^\]]*Source = BlobTriggerSource\.LogsAndContainerScan\)\] BlobClient ", Sources);
        Assert.Contains("AddSingleton<IFunctionMetadataTransformer, OneImageTrigger>", Sources, StringComparison.Ordinal);
    }

    [Fact]
    public void HostJson_Limits_FitWhatTheAppDoes()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "host.json")));
        var extensions = host.RootElement.GetProperty("extensions");
        Assert.InRange(extensions.GetProperty("blobs").GetProperty("maxDegreeOfParallelism").GetInt32(), 1, 8);
        Assert.InRange(extensions.GetProperty("blobs").GetProperty("poisonBlobThreshold").GetInt32(), 2, 10);
        Assert.Equal("base64", extensions.GetProperty("queues").GetProperty("messageEncoding").GetString());
        var timeout = TimeSpan.Parse(host.RootElement.GetProperty("functionTimeout").GetString()!);
        Assert.True(new SweepSettings().MaxDuration + TimeSpan.FromMinutes(1) <= timeout);
        Assert.True(timeout <= TimeSpan.FromMinutes(10), "The Consumption plan takes at most 10 minutes.");
    }

    [Fact]
    public void Project_HostFiles_ComeFromTheTop()
    {
        var project = XDocument.Load(Path.Combine(Root, "src/BlobCaptioner.Functions/BlobCaptioner.Functions.csproj"));
        var files = project.Descendants("None").Where(n => n.Attribute("Update") is not null).ToDictionary(n => n.Attribute("Update")!.Value, n => n, StringComparer.Ordinal);
        Assert.Equal(["host.json", "local.settings.json"], files.Keys.Order(StringComparer.Ordinal));
        Assert.All(files.Values, n => Assert.Equal("PreserveNewest", n.Attribute("CopyToOutputDirectory")!.Value));
        Assert.All(files.Keys, name => Assert.Equal($"../../{name}", new FileInfo(Path.Combine(Root, "src/BlobCaptioner.Functions", name)).LinkTarget));
        Assert.Equal("Never", files["local.settings.json"].Attribute("CopyToPublishDirectory")!.Value);
        Assert.True(File.Exists(Path.Combine(Root, "host.json")));
        Assert.Contains("/local.settings.json", File.ReadAllLines(Path.Combine(Root, ".gitignore")));
        var versions = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(p => p.Attribute("Include")!.Value).ToArray();
        Assert.All(project.Descendants("PackageReference"), p => Assert.Contains(p.Attribute("Include")!.Value, versions));
    }

    [Theory]
    [InlineData("BlobCaptioner.Functions")]
    [InlineData("BlobCaptioner.GpuWorker")]
    public void Solution_CloudHost_IsBuiltInCloudOnly(string project)
    {
        var solution = File.ReadAllText(Path.Combine(Root, "BlobCaptioner.sln"));
        var id = Regex.Match(solution, Regex.Escape(project) + @"\.csproj"", ""(\{[0-9A-F-]+\})""", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        Assert.NotEmpty(id);
        Assert.DoesNotContain($"{id}.Debug|Any CPU.Build.0", solution, StringComparison.Ordinal);
        Assert.DoesNotContain($"{id}.Release|Any CPU.Build.0", solution, StringComparison.Ordinal);
        Assert.Contains($"{id}.Cloud|Any CPU.Build.0", solution, StringComparison.Ordinal);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "BlobCaptioner.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("%(?<name>[A-Za-z:_]+)%", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholders();

    [GeneratedRegex("Connection = \"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Connections();

    [GeneratedRegex(@"\[BlobTrigger\(", RegexOptions.None, 1000)]
    private static partial Regex BlobTriggers();

    [GeneratedRegex(@"class \w+\((?<name>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PrimaryConstructors();
}
