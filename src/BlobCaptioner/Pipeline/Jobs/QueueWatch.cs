using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Azure;
using Azure.Storage.Queues;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// Samples the queues periodically and publishes gauges: <c>captioner.queue.length</c>, <c>captioner.queue.oldest_age</c> and <c>captioner.poison.length</c>.
/// A sample takes three requests. After a failed sample there is no measurement until the next one succeeds.
/// </summary>
/// <param name="storage">The storage with the queues.</param>
/// <param name="time">Clock; null takes the system's.</param>
public sealed class QueueWatch(CaptionStorage storage, TimeProvider? time = null) : IDisposable
{
    private const int MaxPeeked = 32;
    private static readonly Meter Meter = new(CaptionTelemetry.MeterName);
    private static readonly ConcurrentDictionary<QueueWatch, QueueSample> Samples = new();

    private readonly CaptionStorage _storage = storage;
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    static QueueWatch()
    {
        Meter.CreateObservableGauge(
            "captioner.queue.length", () => Read(w => w._storage.Captions, s => s.Length), "{message}", "Messages in the queue, those that workers hold included");
        Meter.CreateObservableGauge(
            "captioner.queue.oldest_age", () => Read(w => w._storage.Captions, s => s.OldestAge.TotalSeconds), "s", "Age of the oldest message that waits; 0 for none");
        Meter.CreateObservableGauge("captioner.poison.length", () => Read(w => w._storage.Poison, s => s.Poison), "{message}", "Messages in the poison queue");
    }

    /// <summary>Takes one sample.</summary>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<QueueSample> SampleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await _storage.Captions.GetPropertiesAsync(cancellationToken);
            var poison = await _storage.Poison.GetPropertiesAsync(cancellationToken);

            // Storage guarantees no order: this is the oldest of the front. A rewritten message keeps its insertion time.
            var front = await _storage.Captions.PeekMessagesAsync(MaxPeeked, cancellationToken);
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

    /// <summary>Samples until cancelled. A failure, also of the sign-in, only leaves a gap.</summary>
    /// <param name="interval">Time between two samples, at least 1 ms.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is too short.</exception>
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

    /// <summary>Removes its gauges.</summary>
    public void Dispose() => Samples.TryRemove(this, out _);

    // Several watches of one queue give one measurement: otherwise an exporter would get the same gauge twice.
    private static List<Measurement<T>> Read<T>(Func<QueueWatch, QueueClient> queue, Func<QueueSample, T> value)
        where T : struct =>
        [.. Samples
            .DistinctBy(s => queue(s.Key).Uri)
            .Select(s => new Measurement<T>(value(s.Value), new(TelemetryTags.Queue, queue(s.Key).Name), new(TelemetryTags.Server, queue(s.Key).Uri.Host)))];
}

/// <summary>A sample of the queues.</summary>
public sealed record QueueSample
{
    /// <summary>Messages in the queue of jobs, including those that workers hold; approximate, as storage counts.</summary>
    public required int Length { get; init; }

    /// <summary>Age of the oldest visible message; zero for none.</summary>
    public required TimeSpan OldestAge { get; init; }

    /// <summary>Messages in the poison queue; approximate.</summary>
    public required int Poison { get; init; }
}
