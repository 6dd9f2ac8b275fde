using System.Diagnostics.Metrics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Telemetry;
using BlobCaptioner.Tests.Inference;
using BlobCaptioner.Tests.LocalStack;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class MetricsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pipeline_GoodBrokenAndHopelessPictures_AreCountedByStateAndCode()
    {
        using var pictures = Collect<long>("captioner.pictures");
        using var rejections = Collect<long>("captioner.rejections");
        using var poisoned = Collect<long>("captioner.poisoned");
        using var tries = Collect<int>("captioner.tries");
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("good.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("broken.jpg", "no picture"u8.ToArray());
        await pipeline.UploadAsync("hopeless.jpg", TestPipeline.Picture(2));
        await pipeline.UploadAsync("toolarge.jpg", TestPipeline.Picture(3));
        pipeline.Model.Script = (image, _) => image.Name switch
        {
            "hopeless.jpg" => throw new CaptionException("decoder-failed", "No.", "Again.", retry: true),
            "toolarge.jpg" => throw new CaptionException("context-too-small", "No.", "Smaller.", retry: false),
            _ => Task.CompletedTask,
        };
        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.SendMessageAsync("no job", Cancellation);
        pipeline.StartLoop(TestPipeline.Fast with { MaxTries = 2 });
        await pipeline.RunUntilEmptyAsync();

        var states = Sums(pictures, "captioner.state");
        Assert.Equal((3, 2, 1, 1, 1, 1), (states["enqueued"], states["rejected"], states["described"], states["failed"], states["retried"], states["unreadable"]));
        var code = (await pipeline.RecordAsync("broken.jpg"))!.Error!.Code;
        var snapshot = rejections.GetMeasurementSnapshot();
        Assert.Equal(2, snapshot.Count);
        Assert.Contains(snapshot, m => (string?)m.Tags["error.type"] == code && (string?)m.Tags["captioner.stage"] == "intake");
        Assert.Contains(snapshot, m => (string?)m.Tags["error.type"] == "context-too-small" && (string?)m.Tags["captioner.stage"] == "worker");
        Assert.Equal((1, 1), (Sums(poisoned, "error.type")["decoder-failed"], Sums(poisoned, "error.type")["unreadable"]));
        Assert.Equal(
            [("described", 1), ("failed", 2), ("rejected", 1)],
            tries.GetMeasurementSnapshot().Select(m => ((string)m.Tags["captioner.state"]!, m.Value)).Order());
    }

    [Fact]
    public async Task Pipeline_OnePicture_MeasuresAgePhasesAndTokens()
    {
        using var age = Collect<double>("captioner.queue.age");
        using var phases = Collect<double>("captioner.phase.duration");
        using var caption = Collect<double>("captioner.caption.duration");
        using var prepare = Collect<double>("captioner.prepare.duration");
        using var tokens = Collect<long>("captioner.tokens");
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var late = new FakeTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(5));
        pipeline.StartLoop(time: late).EndWhenEmpty();
        await pipeline.Events.WaitAsync(PipelineEventKind.Described);

        var taken = Assert.Single(age.GetMeasurementSnapshot());
        Assert.InRange(taken.Value, 299, 400);
        Assert.Equal(pipeline.Storage.Captions.Name, taken.Tags["messaging.destination.name"]);
        Assert.Equal("scripted", Assert.Single(caption.GetMeasurementSnapshot()).Tags["captioner.model"]);
        Assert.True(Assert.Single(prepare.GetMeasurementSnapshot()).Value > 0);
        Assert.Equal(["decode", "encode", "prefill", "wait"], phases.GetMeasurementSnapshot().Select(m => (string)m.Tags["captioner.phase"]!).Order());
        Assert.Equal(0.005, phases.GetMeasurementSnapshot().Single(m => (string?)m.Tags["captioner.phase"] == "encode").Value);
        var kinds = Sums(tokens, "captioner.token.kind");
        Assert.Equal((10, 64, 22, 8), (kinds["prompt"], kinds["image"], kinds["literal"], kinds["sampled"]));
    }

    [Fact]
    public async Task Pipeline_Stopped_CountsHandedBackJobs()
    {
        using var handedBack = Collect<long>("captioner.handed_back");
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.AbortWhileDescribingAsync("a.jpg");
        Assert.Equal("stopped", Assert.Single(handedBack.GetMeasurementSnapshot()).Tags["captioner.reason"]);
    }

    [Fact]
    public async Task Pipeline_QueueMissing_CountsStorageTroubles()
    {
        using var troubles = Collect<long>("captioner.storage.troubles");
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        pipeline.StartLoop();
        await pipeline.Events.WaitAsync(PipelineEventKind.StorageTrouble);
        Assert.NotEmpty(troubles.GetMeasurementSnapshot());
    }

    [Fact]
    public async Task Batchers_TwoAtOnceAndOneGone_GaugesAddUpAndCountersNeverGoBack()
    {
        var before = Engine();
        await using var first = new ScriptedEngine(new ScriptedDecoder(ScriptedEngine.Words), new BatcherOptions { Slots = 2 });
        var second = new ScriptedEngine(new ScriptedDecoder(ScriptedEngine.Words), new BatcherOptions { Slots = 3 });
        await using (second)
        {
            await Task.WhenAll(first.Describe(1), second.Describe(2), second.Describe(3));
            var both = Engine();
            Assert.Equal(5, both["captioner.slot.limit"] - before["captioner.slot.limit"]);
            Assert.Equal(
                first.Decoder.Info.ContextTokens + second.Decoder.Info.ContextTokens, both["captioner.kv.limit"] - before["captioner.kv.limit"]);
            Assert.Equal(3, both["captioner.inference.pictures/described"] - before["captioner.inference.pictures/described"]);
            Assert.Equal(12, both["captioner.inference.tokens/image"] - before["captioner.inference.tokens/image"]);
            Assert.True(both["captioner.inference.sampled_tokens"] > before["captioner.inference.sampled_tokens"]);
            Assert.True(both["captioner.inference.steps"] > before["captioner.inference.steps"]);
            Assert.True(both["captioner.inference.busy.time/decode"] > before["captioner.inference.busy.time/decode"]);
        }

        var one = Engine();
        Assert.Equal(2, one["captioner.slot.limit"] - before["captioner.slot.limit"]);
        Assert.Equal(before["captioner.slot.usage"], one["captioner.slot.usage"]);
        Assert.Equal(before["captioner.kv.usage"], one["captioner.kv.usage"]);
        Assert.Equal(before["captioner.inference.waiting"], one["captioner.inference.waiting"]);
        Assert.Equal(3, one["captioner.inference.pictures/described"] - before["captioner.inference.pictures/described"]);
    }

    [Fact]
    public async Task QueueWatch_WaitingAndPoisonedMessages_ShowsLengthAgeAndPoisonUntilDisposed()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.Storage.Captions.SendMessageAsync("1", Cancellation);
        await pipeline.Storage.Captions.SendMessageAsync("2", Cancellation);
        await pipeline.Storage.Poison.SendMessageAsync("3", Cancellation);
        var late = new FakeTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1));
        using (var watch = new QueueWatch(pipeline.Storage, late))
        {
            using var again = new QueueWatch(pipeline.Storage, late);
            var seen = await watch.SampleAsync(Cancellation);
            await again.SampleAsync(Cancellation);
            Assert.Equal((2, 1), (seen.Length, seen.Poison));
            Assert.InRange(seen.OldestAge.TotalSeconds, 3590, 3700);
            Assert.Equal(2, Gauge<int>("captioner.queue.length", pipeline.Storage.Captions.Name));
            Assert.Equal(1, Gauge<int>("captioner.poison.length", pipeline.Storage.Poison.Name));
            Assert.Equal(seen.OldestAge.TotalSeconds, Gauge<double>("captioner.queue.oldest_age", pipeline.Storage.Captions.Name));

            await pipeline.Storage.Poison.DeleteAsync(Cancellation);
            await Assert.ThrowsAsync<Azure.RequestFailedException>(() => watch.SampleAsync(Cancellation));
            await Assert.ThrowsAsync<Azure.RequestFailedException>(() => again.SampleAsync(Cancellation));
            Assert.Null(Gauge<int>("captioner.queue.length", pipeline.Storage.Captions.Name));
        }
    }

    [Fact]
    public void HotPath_NobodyListens_AllocatesNothing()
    {
        var (job, usage) = ("{}", new CaptionUsage { PromptTokens = 1 });
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Pass();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Pass()
        {
            Assert.Null(CaptionTracing.StartIntake("images", "a.jpg", "default", listed: true));
            Assert.Null(CaptionTracing.StartSend("captions"));
            Assert.Null(CaptionTracing.StartProcess("captions", "id", job, 1));
            Assert.Null(CaptionTracing.Source.StartActivity("caption"));
            CaptionTracing.AddEvent(PipelineEventKind.Described, null);
            PipelineMetrics.Count(PipelineEventKind.Rejected, "code", PipelineMetrics.Worker);
            PipelineMetrics.Captioned("model", TimeSpan.FromSeconds(1), usage);
            PipelineMetrics.Taken("captions", TimeSpan.FromSeconds(1));
            PipelineMetrics.Ended(PipelineEventKind.Described, 1);
        }
    }

    private static MetricCollector<T> Collect<T>(string name)
        where T : struct => new(meterScope: null, CaptionTelemetry.MeterName, name);

    private static Dictionary<string, long> Sums(MetricCollector<long> collector, string tag) =>
        collector.GetMeasurementSnapshot().GroupBy(m => (string)m.Tags[tag]!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(m => m.Value), StringComparer.Ordinal);

    private static T? Gauge<T>(string name, string queue)
        where T : struct
    {
        using var collector = Collect<T>(name);
        collector.RecordObservableInstruments();
        return collector.GetMeasurementSnapshot().SingleOrDefault(m => (string?)m.Tags["messaging.destination.name"] == queue)?.Value;
    }

    /// <summary>Everything about the scripted model, as <c>instrument</c> or <c>instrument/kind</c>; zero where nothing is told.</summary>
    private static Dictionary<string, double> Engine()
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, it) =>
            {
                if (instrument.Meter.Name == CaptionTelemetry.InferenceMeterName)
                {
                    values.TryAdd(instrument.Name, 0);
                    it.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(InferenceMetrics).TypeHandle);
        listener.Start();
        foreach (var kind in new[] { "pictures/described", "tokens/image", "busy.time/decode" })
        {
            values.TryAdd($"captioner.inference.{kind}", 0);
        }

        listener.RecordObservableInstruments();
        return values;

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? kind = null;
            var mine = false;
            foreach (var (name, text) in tags)
            {
                mine |= name == "captioner.model" && (string?)text == "scripted";
                kind = name == "captioner.model" ? kind : (string?)text;
            }

            if (mine)
            {
                // Twice the same measurement is what an exporter can't tell apart.
                var key = kind is null ? instrument.Name : $"{instrument.Name}/{kind}";
                values[key] = values.TryGetValue(key, out var there) && there != 0 ? throw new InvalidOperationException($"{key} is measured twice.") : value;
            }
        }
    }
}
