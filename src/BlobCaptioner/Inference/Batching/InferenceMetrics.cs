using System.Diagnostics.Metrics;
using BlobCaptioner.Telemetry;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>
/// Meter <see cref="CaptionTelemetry.InferenceMeterName"/>: counts and state of the batchers of this process, summed by model.
/// Values are read when a listener asks, so the decode thread only counts, and a late listener sees all.
/// </summary>
internal static class InferenceMetrics
{
    private static readonly Meter Meter = new(CaptionTelemetry.InferenceMeterName);
    private static readonly Dictionary<string, Engine> Engines = new(StringComparer.Ordinal);

    static InferenceMetrics()
    {
        Meter.CreateObservableCounter("captioner.inference.pictures", () => Read(TelemetryTags.Outcome, [
            ("described", e => e.Total(Count.Described)), ("failed", e => e.Total(Count.Failed)), ("cancelled", e => e.Total(Count.Cancelled)),
        ]), "{picture}", "Pictures that left the engine, by outcome");
        Meter.CreateObservableCounter("captioner.inference.tokens", () => Read(TelemetryTags.TokenKind, [
            ("text", e => e.Total(Count.TextTokens)), ("image", e => e.Total(Count.ImageTokens)),
        ]), "{token}", "Tokens decoded, by kind");
        Meter.CreateObservableCounter(
            "captioner.inference.sampled_tokens", () => Read(e => e.Total(Count.SampledTokens)), "{token}", "Tokens chosen from logits");
        Meter.CreateObservableCounter("captioner.inference.steps", () => Read(e => e.Total(Count.Steps)), "{step}", "Decode calls for text");
        Meter.CreateObservableCounter("captioner.inference.busy.time", () => Read(TelemetryTags.Phase, [
            ("encode", e => e.Seconds(Count.EncodeTicks)), ("prefill", e => e.Seconds(Count.PrefillTicks)),
            ("decode", e => e.Seconds(Count.DecodeTicks)), ("sample", e => e.Seconds(Count.SampleTicks)),
        ]), "s", "Time of the engine's threads, by phase");
        Meter.CreateObservableUpDownCounter(
            "captioner.inference.waiting", () => Read(e => e.Now(m => m.Snapshot().Waiting)), "{picture}", "Pictures submitted that have no slot yet");
        Meter.CreateObservableUpDownCounter("captioner.slot.usage", () => Read(e => e.Now(m => m[Count.SlotsInUse])), "{slot}", "Slots with a picture");
        Meter.CreateObservableUpDownCounter("captioner.slot.limit", () => Read(e => e.Now(m => m.Slots)), "{slot}", "Slots there are");
        Meter.CreateObservableUpDownCounter(
            "captioner.kv.usage", () => Read(e => e.Now(m => m[Count.CellsReserved])), "{cell}", "KV cache cells promised to running pictures, worst case");
        Meter.CreateObservableUpDownCounter("captioner.kv.limit", () => Read(e => e.Now(m => m.Cells)), "{cell}", "KV cache cells there are");
    }

    /// <summary>Publishes a batcher's counts.</summary>
    public static void Add(BatcherMetrics batcher)
    {
        lock (Engines)
        {
            if (!Engines.TryGetValue(batcher.Model, out var engine))
            {
                Engines.Add(batcher.Model, engine = new());
            }

            engine.Running.Add(batcher);
        }
    }

    /// <summary>Removes the gauges of a batcher that ended. Its counts stay in the totals, which never decrease.</summary>
    public static void Remove(BatcherMetrics batcher)
    {
        lock (Engines)
        {
            Engines[batcher.Model].Retire(batcher);
        }
    }

    private static List<Measurement<T>> Read<T>(Func<Engine, T> value)
        where T : struct
    {
        lock (Engines)
        {
            return [.. Engines.Select(e => new Measurement<T>(value(e.Value), ModelTag(e.Key)))];
        }
    }

    private static List<Measurement<T>> Read<T>(string tag, (string Name, Func<Engine, T> Value)[] values)
        where T : struct
    {
        lock (Engines)
        {
            return [.. Engines.SelectMany(e => values.Select(v => new Measurement<T>(v.Value(e.Value), new(tag, v.Name), ModelTag(e.Key))))];
        }
    }

    private static KeyValuePair<string, object?> ModelTag(string model) => new(TelemetryTags.Model, model);

    /// <summary>The batchers of one model: one or, while one is replaced, two.</summary>
    private sealed class Engine
    {
        private readonly long[] _ended = new long[Enum.GetValues<Count>().Length];

        public List<BatcherMetrics> Running { get; } = [];

        public long Now(Func<BatcherMetrics, long> value) => Running.Sum(value);

        public long Total(Count count) => _ended[(int)count] + Running.Sum(m => m[count]);

        public double Seconds(Count ticks) => TimeSpan.FromTicks(Total(ticks)).TotalSeconds;

        public void Retire(BatcherMetrics batcher)
        {
            if (Running.Remove(batcher))
            {
                foreach (var count in Enum.GetValues<Count>())
                {
                    _ended[(int)count] += batcher[count];
                }
            }
        }
    }
}
