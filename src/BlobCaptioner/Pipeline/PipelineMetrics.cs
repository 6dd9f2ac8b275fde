using System.Diagnostics.Metrics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Pipeline;

/// <summary>Counters and histograms of meter <see cref="CaptionTelemetry.MeterName"/>. Nothing is allocated while no listener is attached.</summary>
internal static class PipelineMetrics
{
    /// <summary><see cref="TelemetryTags.Stage"/> before the queue.</summary>
    public const string Intake = "intake";

    /// <summary><see cref="TelemetryTags.Stage"/> after the queue.</summary>
    public const string Worker = "worker";

    private static readonly Meter Meter = new(CaptionTelemetry.MeterName);

    private static readonly Counter<long> Pictures = Meter.CreateCounter<long>(
        "captioner.pictures", "{picture}", "Pictures that reached a state");

    private static readonly Counter<long> Rejections = Meter.CreateCounter<long>(
        "captioner.rejections", "{picture}", "Pictures that can't be described, by the code in their record");

    private static readonly Counter<long> PoisonedMessages = Meter.CreateCounter<long>(
        "captioner.poisoned", "{message}", "Messages put into the poison queue, by code");

    private static readonly Counter<long> HandedBackMessages = Meter.CreateCounter<long>(
        "captioner.handed_back", "{message}", "Jobs handed back to the queue unfinished, by reason");

    private static readonly Counter<long> Troubles = Meter.CreateCounter<long>(
        "captioner.storage.troubles", "{error}", "Requests that storage did not answer or refused; they are tried again");

    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "captioner.tokens", "{token}", "Tokens of answered pictures by kind, as the model counts them");

    private static readonly Counter<long> HeldBackPictures = Meter.CreateCounter<long>(
        "captioner.budget.held_back", "{picture}", "Pictures not sent because the day's budget is reached; a picture counts at each attempt to send it");

    private static readonly Histogram<int> Tries = Meter.CreateHistogram(
        "captioner.tries", "{try}", "Tries that ended pictures took", advice: Buckets(1, 2, 3, 4, 5, 10, 20, 50, 100));

    private static readonly Histogram<double> PrepareDuration = Meter.CreateHistogram(
        "captioner.prepare.duration", "s", "Reading and preparing a picture", advice: Buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30));

    private static readonly Histogram<double> CaptionDuration = Meter.CreateHistogram(
        "captioner.caption.duration", "s", "From the model's call to its answer", advice: Buckets(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300));

    private static readonly Histogram<double> PhaseDuration = Meter.CreateHistogram(
        "captioner.phase.duration", "s", "A picture's time in a phase; other pictures' work in the same steps lies in it",
        advice: Buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60));

    private static readonly Histogram<double> QueueAge = Meter.CreateHistogram(
        "captioner.queue.age", "s", "Age of a job when a worker takes it",
        advice: Buckets(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800));

    /// <summary>Counts an image that reached a state, or a storage failure.</summary>
    /// <param name="kind">The event.</param>
    /// <param name="code">The error's code; null without an error.</param>
    /// <param name="stage"><see cref="Intake"/> or <see cref="Worker"/>.</param>
    public static void Count(PipelineEventKind kind, string? code, string stage)
    {
        if (kind == PipelineEventKind.StorageTrouble)
        {
            Troubles.Add(1, Tag(TelemetryTags.Stage, stage));
        }
        else if (StateOf(kind) is { } state)
        {
            Pictures.Add(1, Tag(TelemetryTags.State, state));
        }

        switch (kind)
        {
            case PipelineEventKind.Rejected:
                Rejections.Add(1, Tag(TelemetryTags.ErrorType, code), Tag(TelemetryTags.Stage, stage));
                break;
            case PipelineEventKind.Failed or PipelineEventKind.Unreadable:
                PoisonedMessages.Add(1, Tag(TelemetryTags.ErrorType, code));
                break;
            default:
                break;
        }
    }

    public static void Ended(PipelineEventKind kind, int tries)
    {
        if (Tries.Enabled)
        {
            Tries.Record(tries, Tag(TelemetryTags.State, StateOf(kind)));
        }
    }

    /// <summary>Counts a job that was handed back: <c>lease-lost</c>, <c>stopped</c>, <c>storage</c> or <c>unknown-profile</c>.</summary>
    public static void HandedBack(string reason) => HandedBackMessages.Add(1, Tag(TelemetryTags.Reason, reason));

    /// <summary>Counts a picture that the day's budget holds back.</summary>
    public static void HeldBack() => HeldBackPictures.Add(1);

    public static void Taken(string queue, TimeSpan age) => QueueAge.Record(Math.Max(0, age.TotalSeconds), Tag(TelemetryTags.Queue, queue));

    public static void Prepared(TimeSpan elapsed, bool rejected) =>
        PrepareDuration.Record(elapsed.TotalSeconds, Tag(TelemetryTags.Outcome, rejected ? "rejected" : "prepared"));

    public static void Captioned(string model, TimeSpan elapsed, CaptionUsage usage)
    {
        CaptionDuration.Record(elapsed.TotalSeconds, Tag(TelemetryTags.Model, model));
        if (PhaseDuration.Enabled)
        {
            RecordPhase("wait", usage.Queued, model);
            RecordPhase("encode", usage.Encode, model);
            RecordPhase("prefill", usage.Prefill, model);
            RecordPhase("decode", usage.Decode, model);
        }

        if (Tokens.Enabled)
        {
            AddTokens("prompt", usage.PromptTokens, model);
            AddTokens("image", usage.ImageTokens, model);
            AddTokens("literal", usage.OutputTokens - usage.SampledTokens, model);
            AddTokens("sampled", usage.SampledTokens, model);
        }
    }

    public static void NotCaptioned(string model, TimeSpan elapsed, string code) =>
        CaptionDuration.Record(elapsed.TotalSeconds, Tag(TelemetryTags.Model, model), Tag(TelemetryTags.ErrorType, code));

    /// <summary>The value of <see cref="TelemetryTags.State"/>; null for an event that is not a state of an image.</summary>
    public static string? StateOf(PipelineEventKind kind) => kind switch
    {
        PipelineEventKind.Enqueued => "enqueued",
        PipelineEventKind.Rejected => "rejected",
        PipelineEventKind.Started => "started",
        PipelineEventKind.Described => "described",
        PipelineEventKind.Retried => "retried",
        PipelineEventKind.Failed => "failed",
        PipelineEventKind.Dropped => "dropped",
        PipelineEventKind.HandedBack => "handed_back",
        PipelineEventKind.Blocked => "blocked",
        PipelineEventKind.Unreadable => "unreadable",
        _ => null,
    };

    private static void RecordPhase(string phase, TimeSpan time, string model) =>
        PhaseDuration.Record(time.TotalSeconds, Tag(TelemetryTags.Phase, phase), Tag(TelemetryTags.Model, model));

    private static void AddTokens(string kind, int tokens, string model) =>
        Tokens.Add(Math.Max(0, tokens), Tag(TelemetryTags.TokenKind, kind), Tag(TelemetryTags.Model, model));

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);

    private static InstrumentAdvice<T> Buckets<T>(params T[] bounds)
        where T : struct => new() { HistogramBucketBoundaries = bounds };
}
