using System.Text.RegularExpressions;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Tests.Hosting.Telemetry;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>What the app's worker sends of itself, and what it leaves to the host.</summary>
public sealed class FunctionTelemetryTests(AzuriteFixture azurite)
{
    private const string SendsItself = "WorkerOpenTelemetryEnabled";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_OtlpEndpoint_SpansAndLogsAreSentOnceAndByTheWorkerAlone()
    {
        await using var receiver = await TelemetryReceiver.StartAsync(Cancellation);
        await using (var app = await CreateAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("WEBSITE_SITE_NAME", "func-shop")))
        {
            await app.StartAsync(listen: false);
            Assert.Equal("True", app.Host.Capabilities[SendsItself]);
            await app.Pipeline.UploadAsync("shoes/red.jpg", TestPipeline.Picture());
            Assert.True((await app.SweepAsync(Cancellation)).Succeeded);
        }

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], receiver.Paths);
        Assert.Single(Regex.Matches(receiver.Bodies("/v1/logs"), "Sweep Complete: 1 images", RegexOptions.None, TimeSpan.FromSeconds(1)));
        var traces = receiver.Bodies("/v1/traces");
        Assert.Single(Regex.Matches(traces, "shoes/red.jpg", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.Single(Regex.Matches(traces, "faas.name", RegexOptions.None, TimeSpan.FromSeconds(1)));

        // The platform says where it runs; who it is stays our word.
        Assert.All(["captioner-functions", "azure_functions"], text => Assert.Contains(text, traces, StringComparison.Ordinal));
        Assert.DoesNotContain("func-shop", traces.Split("service.name", 2)[1][..60], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NothingToSendTo_LeavesLogsToTheHost()
    {
        await using var app = await CreateAsync();
        await app.StartAsync(listen: false);
        Assert.DoesNotContain(SendsItself, app.Host.Capabilities.Keys);
    }

    private async Task<FunctionsApp> CreateAsync(params (string Name, string Value)[] settings) =>
        await FunctionsApp.CreateAsync(await azurite.GetConnectionStringAsync(Cancellation), ImageTriggerSource.EventGrid, more: settings);
}
