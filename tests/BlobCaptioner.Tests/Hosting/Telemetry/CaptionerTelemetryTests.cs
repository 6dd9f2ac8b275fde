using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Inference;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Pipeline.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class CaptionerTelemetryTests(AzuriteFixture azurite)
{
    // What the README documents, as Prometheus spells it.
    private static readonly string[] Documented =
    [
        "captioner_pictures_total", "captioner_rejections_total", "captioner_poisoned_total", "captioner_handed_back_total",
        "captioner_storage_troubles_total", "captioner_tries_bucket", "captioner_prepare_duration_seconds_bucket",
        "captioner_caption_duration_seconds_bucket", "captioner_phase_duration_seconds_bucket", "captioner_tokens_total",
        "captioner_queue_age_seconds_bucket", "captioner_queue_length", "captioner_queue_oldest_age_seconds", "captioner_poison_length",
        "captioner_inference_pictures_total", "captioner_inference_tokens_total", "captioner_inference_sampled_tokens_total",
        "captioner_inference_steps_total", "captioner_inference_busy_time_seconds_total", "captioner_inference_waiting",
        "captioner_slot_usage", "captioner_slot_limit", "captioner_kv_usage", "captioner_kv_limit",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_OtlpEndpoint_ReceiverGetsTracesMetricsAndLogs()
    {
        await using var receiver = await TelemetryReceiver.StartAsync(Cancellation);
        var settings = Settings(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_SERVICE_NAME", "shop-captioner"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=try-out"));
        await using (var session = TelemetrySession.Start(settings, "captioner")!)
        {
            using var logging = LoggerFactory.Create(b => b.Services.AddSingleton(session.Loggers.Single()));
#pragma warning disable CA1848, CA2254 // One line of one test.
            logging.CreateLogger("test").LogWarning("a warning in words");
#pragma warning restore CA1848, CA2254
            await DescribeAsync("shoes/red.jpg");
        }

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], receiver.Paths);
        var traces = receiver.Bodies("/v1/traces");
        Assert.All(
            ["shop-captioner", "service.instance.id", "try-out", "write record", "shoes/red.jpg", "azure_queue_storage"],
            text => Assert.Contains(text, traces, StringComparison.Ordinal));
        Assert.DoesNotContain("Krus", traces, StringComparison.Ordinal);
        var metrics = receiver.Bodies("/v1/metrics");
        Assert.All(
            ["shop-captioner", "captioner.pictures", "captioner.queue.age", "{picture}", "captioner.phase.duration"],
            text => Assert.Contains(text, metrics, StringComparison.Ordinal));
        Assert.Contains("a warning in words", receiver.Bodies("/v1/logs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AzureMonitorConnectionString_ReceiverGetsCustomMetricsAndRequests()
    {
        await using var receiver = await TelemetryReceiver.StartAsync(Cancellation);
        var settings = Settings(
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", $"InstrumentationKey={Guid.NewGuid()};IngestionEndpoint={receiver.Address}/;LiveEndpoint={receiver.Address}/"),

            // Unless told, the exporter keeps five traces a second, and other tests write some too.
            ("OTEL_TRACES_SAMPLER", "microsoft.fixed_percentage"), ("OTEL_TRACES_SAMPLER_ARG", "1.0"));
        await using (TelemetrySession.Start(settings, "captioner"))
        {
            await DescribeAsync("shoes/red.jpg");
        }

        var sent = receiver.Bodies("/v2.1/track");
        Assert.All(
            ["\"captioner.queue.age\"", "\"captioner.pictures\"", "\"captioner.state\":\"described\"", "RequestData", "\"ai.cloud.role\":\"[BlobCaptioner]/captioner\""],
            text => Assert.Contains(text, sent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MapCaptionerMetrics_AfterAPicture_ServesEveryDocumentedName()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await using var app = await StartWebAsync(pipeline.Storage);
        await DescribeAsync("a.jpg", "no picture"u8.ToArray());
        await using var engine = new ScriptedEngine(new ScriptedDecoder(ScriptedEngine.Words), new BatcherOptions { Slots = 2 });
        await engine.Describe(1);
        BlobCaptioner.Pipeline.PipelineMetrics.HandedBack("stopped");
        BlobCaptioner.Pipeline.PipelineMetrics.Count(BlobCaptioner.Pipeline.PipelineEventKind.StorageTrouble, null, "worker");
        BlobCaptioner.Pipeline.PipelineMetrics.Count(BlobCaptioner.Pipeline.PipelineEventKind.Unreadable, "unreadable", "worker");

        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        var text = "";
        await Cli.Eventually.TrueAsync(async () =>
        {
            text = await client.GetStringAsync("/metrics", Cancellation);
            return text.Contains("captioner_queue_length", StringComparison.Ordinal);
        }, "a look at the queues is served");
        Assert.All(Documented, name => Assert.Contains($"\n{name}{{", text, StringComparison.Ordinal));
        Assert.Contains("le=\"604800\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddCaptionerTelemetry_NothingConfigured_RegistersNothingAndStartsNoThread()
    {
        var services = new ServiceCollection().AddLogging().AddCaptionerTelemetry(Settings(), "captioner");
        await using var provider = services.BuildServiceProvider();
        Assert.Null(provider.GetService<TracerProvider>());
        Assert.Null(provider.GetService<MeterProvider>());
        Assert.Empty(provider.GetServices<IHostedService>());
        Assert.Null(TelemetrySession.Start(Settings(), "captioner"));
        Assert.Null(TelemetrySession.Start(Settings(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_SDK_DISABLED", "true")), "captioner"));
        await Cli.Eventually.TrueAsync(() => Task.FromResult(ExporterThreads() == 0), "no exporter's thread runs, those of earlier tests have ended");
    }

    [Fact]
    public async Task Start_OtlpEndpoint_StartsExporterThreadsThatEndWithTheSession()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are counted by name in /proc.");
        await using (TelemetrySession.Start(Settings(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "100")), "captioner"))
        {
            Assert.InRange(ExporterThreads(), 1, 10);
        }

        // A thread that was told to end is gone a moment later.
        await Cli.Eventually.TrueAsync(() => Task.FromResult(ExporterThreads() == 0), "the exporters' threads have ended");
    }

    [Fact]
    public void AddCaptionerTelemetry_SettingOutOfRange_SaysWhichAndTheLimit()
    {
        var error = Assert.Throws<SettingsException>(
            () => new ServiceCollection().AddCaptionerTelemetry(Settings(("Telemetry:QueueWatch", "-00:00:01")), "captioner"));
        Assert.Contains("Telemetry__QueueWatch", error.Message, StringComparison.Ordinal);
    }

    private static IConfiguration Settings(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Name, s.Value))).Build();

    private static async Task<WebApplication> StartWebAsync(CaptionStorage storage)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging().AddSingleton(storage).AddCaptionerTelemetry(builder.Configuration, "captioner-test", prometheus: true);
        var app = builder.Build();
        app.MapCaptionerMetrics();
        await app.StartAsync(Cancellation);
        return app;
    }

    private static int ExporterThreads() => OperatingSystem.IsLinux()
        ? Directory.EnumerateDirectories("/proc/self/task").Count(IsExporter)
        : 0;

    private static bool IsExporter(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).StartsWith("OpenTelemetry", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended since it was listed.
            return false;
        }
    }

    /// <summary>A picture from intake to record; with another, that is rejected at intake.</summary>
    private async Task DescribeAsync(string name, byte[]? broken = null)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(name, TestPipeline.Picture());
        if (broken is not null)
        {
            await pipeline.UploadAsync("broken.jpg", broken);
        }

        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.NotNull(await pipeline.RecordAsync(name));
    }
}
