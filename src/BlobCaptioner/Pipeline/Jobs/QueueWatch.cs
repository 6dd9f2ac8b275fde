using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Azure;
using Azure.Storage.Queues;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// Looks at the queues from time to time and publishes what it saw as gauges: <c>captioner.queue.length</c>, <c>captioner.queue.oldest_age</c>
/// and <c>captioner.poison.length</c>. Three requests a look. Where a look failed there is no measurement until the next one succeeds.
/// </summary>
public sealed class QueueWatch : IDisposable
{
    private const int MostPeeked = 32;
    private static readonly Meter Meter = new(CaptionTelemetry.MeterName);
    private static readonly ConcurrentDictionary<QueueWatch, QueueSample> Samples = new();

    private readonly CaptionStorage _storage;
    private readonly TimeProvider _time;

    static QueueWatch()
    {
        Meter.CreateObservableGauge(
            "captioner.queue.length", () => Read(w => w._storage.Captions, s => s.Length), "{message}", "Messages in the queue, those that workers hold included");
        Meter.CreateObservableGauge(
            "captioner.queue.oldest_age", () => Read(w => w._storage.Captions, s => s.OldestAge.TotalSeconds), "s", "Age of the oldest message that waits; 0 for none");
        Meter.CreateObservableGauge("captioner.poison.length", () => Read(w => w._storage.Poison, s => s.Poison), "{message}", "Messages in the poison queue");
    }

    /// <summary>Creates a watch; it makes no request yet.</summary>
    /// <param name="storage">Whose queues.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    public QueueWatch(CaptionStorage storage, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        _storage = storage;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Looks once.</summary>
    /// <returns>What it saw.</returns>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<QueueSample> SampleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await _storage.Captions.GetPropertiesAsync(cancellationToken);
            var poison = await _storage.Poison.GetPropertiesAsync(cancellationToken);

            // Storage doesn't promise an order; of the front, the oldest. A rewritten message keeps the time of its insertion.
            var front = await _storage.Captions.PeekMessagesAsync(MostPeeked, cancellationToken);
            var oldest = front.Value.Min(m => m.InsertedOn);
            var age = oldest is { } inserted ? _time.GetUtcNow() - inserted : TimeSpan.Zero;
            return Samples[this] = new()
            {
                Length = queue.Value.ApproximateMessagesCount,
                Poison = poison.Value.ApproximateMessagesCount,
                OldestAge = age > TimeSpan.Zero ? age : TimeSpan.Zero,
            };
        }
        catch
        {
            Samples.TryRemove(this, out _);
            throw;
        }
    }

    /// <summary>Looks again and again until cancelled. Whatever goes wrong, sign-in included, only leaves a gap: watching never ends a worker.</summary>
    /// <param name="interval">Time between two looks, more than zero.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            do
            {
                try
                {
                    await SampleAsync(cancellationToken);
                }
                catch (Exception) when (!cancellationToken.IsCancellationRequested)
                {
                    PipelineMetrics.Count(PipelineEventKind.StorageTrouble, code: null, "watch");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Takes its gauges away.</summary>
    public void Dispose() => Samples.TryRemove(this, out _);

    // Several watches of one queue are one measurement, or an exporter would see the same gauge twice.
    private static List<Measurement<T>> Read<T>(Func<QueueWatch, QueueClient> queue, Func<QueueSample, T> value)
        where T : struct =>
        [.. Samples
            .DistinctBy(s => queue(s.Key).Uri)
            .Select(s => new Measurement<T>(value(s.Value), new(TelemetryTags.Queue, queue(s.Key).Name), new(TelemetryTags.Server, queue(s.Key).Uri.Host)))];
}
