using System.Collections.Concurrent;
using System.Diagnostics;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Tests.Pipeline.Telemetry;

/// <summary>Keeps the spans that end while it lives.</summary>
internal sealed class SpanLog : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanLog()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == CaptionTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<Activity> All => [.. _ended];

    public Activity Single(string name) => All.Single(a => a.DisplayName == name);

    public void Dispose() => _listener.Dispose();
}
