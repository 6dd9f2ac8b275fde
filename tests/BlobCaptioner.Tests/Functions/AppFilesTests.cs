using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Tests.Functions.Host;
using BlobCaptioner.Tests.Infra;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The files of the app as it is built and published.</summary>
public sealed partial class AppFilesTests(AzuriteFixture azurite)
{
    private static readonly string HostJson = Path.Combine(InfraFiles.Root, "host.json");

    [Fact]
    public async Task Publish_BackendNone_HasTheHostsFilesAndNoModelsNativesAndStarts()
    {
        var (folder, elsewhere) = (azurite.CreateFolder(), azurite.CreateFolder());
        using var publish = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                "publish", Path.Combine(InfraFiles.Root, "src/BlobCaptioner.Functions"), "--property:Backend=None", "--property:RunAnalyzers=false", "--artifacts-path", elsewhere,
                "--output", folder, "-nodeReuse:false",
            ])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var said = await publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await publish.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(publish.ExitCode == 0, said);

        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).ToArray();
        Assert.Equal(await File.ReadAllTextAsync(HostJson, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(Path.Combine(folder, "host.json"), TestContext.Current.CancellationToken));
        Assert.Contains("worker.config.json", files);
        Assert.Contains(files, f => f.Contains("libvips", StringComparison.Ordinal));
        Assert.DoesNotContain(files, f => ModelNative().IsMatch(f));

        // Everybody's own keys.
        Assert.DoesNotContain("local.settings.json", files);
        Assert.Contains("/local.settings.json", await File.ReadAllLinesAsync(Path.Combine(InfraFiles.Root, ".gitignore"), TestContext.Current.CancellationToken));

        await using var app = await FunctionsApp.CreateAsync(await azurite.GetConnectionStringAsync(TestContext.Current.CancellationToken), ImageTriggerSource.EventGrid);
        await app.StartAsync(folder: folder);
        await app.DropAsync("a.jpg");
        await app.AssertJobsAsync(["a.jpg"]);
    }

    [Fact]
    public void Sample_EverySettingOfATrigger_IsThere()
    {
        var sample = FunctionsApp.SampleSettings();
        using var metadata = JsonDocument.Parse(File.ReadAllText(Path.Combine(FunctionsHost.App, "functions.metadata")));
        var values = metadata.RootElement.EnumerateArray().SelectMany(f => f.GetProperty("bindings").EnumerateArray()).SelectMany(b => b.EnumerateObject())
            .Where(p => p.Value.ValueKind == JsonValueKind.String).ToArray();
        var named = values.SelectMany(p => Placeholder().Matches(p.Value.GetString()!).Select(m => m.Groups["name"].Value))
            .Concat(values.Where(p => p.Name == "connection").Select(p => p.Value.GetString()!)).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>(["CaptionStorage", "Storage:ImagesContainer", "Storage:CaptionsQueue", "Storage:IntakeQueue", "Storage:PoisonQueue", "Sweep:Schedule"], StringComparer.Ordinal), named);
        Assert.All(named, name => Assert.Contains(SettingsBinding.Variable(name), sample.Keys));
        Assert.Equal(new EngineOptions().Slots.ToString(CultureInfo.InvariantCulture), sample["Engine__Slots"]);
        Assert.Equal(6, sample["Sweep__Schedule"].Split(' ').Length);
        using var worker = JsonDocument.Parse(File.ReadAllText(Path.Combine(FunctionsHost.App, "worker.config.json")));
        Assert.Equal(worker.RootElement.GetProperty("description").GetProperty("language").GetString(), sample["FUNCTIONS_WORKER_RUNTIME"]);
    }

    [Fact]
    public void HostJson_LimitsAndTelemetry_FitWhatTheAppDoes()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(HostJson));
        var extensions = host.RootElement.GetProperty("extensions");
        Assert.InRange(extensions.GetProperty("blobs").GetProperty("maxDegreeOfParallelism").GetInt32(), 1, 8);
        Assert.InRange(extensions.GetProperty("blobs").GetProperty("poisonBlobThreshold").GetInt32(), 2, 10);
        Assert.Equal("base64", extensions.GetProperty("queues").GetProperty("messageEncoding").GetString());
        var timeout = TimeSpan.Parse(host.RootElement.GetProperty("functionTimeout").GetString()!);
        Assert.True(new SweepOptions().MaxDuration + TimeSpan.FromMinutes(1) <= timeout);
        Assert.True(timeout <= TimeSpan.FromMinutes(10), "The Consumption plan takes at most 10 minutes.");

        // In this mode the host reads nothing of the older section.
        Assert.Equal("OpenTelemetry", host.RootElement.GetProperty("telemetryMode").GetString());
        Assert.False(host.RootElement.GetProperty("logging").TryGetProperty("applicationInsights", out _));
    }

    [GeneratedRegex("llama|ggml|mtmd|cublas|cudart", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex ModelNative();

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
