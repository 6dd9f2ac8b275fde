using System.Diagnostics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Records;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Pipeline;

/// <summary>
/// Spans of an image's processing, by OpenTelemetry's conventions for messaging. Each method does nothing while no listener is attached.
/// Attributes hold names and codes, never pixels, copy or a server's answer.
/// </summary>
internal static class CaptionTracing
{
    /// <summary><c>messaging.system</c>. The conventions have no name for storage queues.</summary>
    public const string System = "azure_queue_storage";

    private const int LongestTraceState = 512;

    public static ActivitySource Source { get; } = new(CaptionTelemetry.SourceName);

    /// <summary>The current span; null where there is none, or another source's.</summary>
    public static Activity? Current => Activity.Current is { } span && span.Source == Source ? span : null;

    /// <summary>Starts the span of an intake. It is a child of the trigger's span. For a listed image it is a new trace that links to the sweep's: otherwise one trace would hold all images.</summary>
    public static Activity? StartIntake(string container, string name, string profile, bool listed)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        ActivityLink[] links = [];
        if (listed && Activity.Current is { } sweep)
        {
            links = [new(sweep.Context)];

            // The assignment holds until the calling async method returns.
            Activity.Current = null;
        }

        var tags = new ActivityTagsCollection { [TelemetryTags.Container] = container, [TelemetryTags.Picture] = name, [TelemetryTags.Profile] = profile };
        return Source.StartActivity(ActivityKind.Internal, default, tags, links, name: $"intake {container}");
    }

    /// <summary>Runs a step in a span. The span records an exception, unless the token was cancelled.</summary>
    public static async Task<T> StepAsync<T>(string name, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using var span = Source.StartActivity(name);
        try
        {
            return await step(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Fail(span, error);
            throw;
        }
    }

    public static Activity? StartSend(string queue) => Source.HasListeners()
        ? Source.StartActivity(ActivityKind.Producer, default, Messaging(queue, "send"), name: $"send {queue}")
        : null;

    /// <summary>
    /// Starts the span of a worker's whole work on a message. Its parent is the span that sent the message, so that an image has one trace from trigger to record. The
    /// conventions allow that for a single message. The span also has the link that they require.
    /// </summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="text">The message's text; read only while a listener is attached.</param>
    /// <param name="deliveries">How often the queue delivered the message.</param>
    public static Activity? StartProcess(string queue, string id, string text, long deliveries)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // The loop's span is not a message's parent. The assignment holds until the calling async method returns.
        Activity.Current = null;
        var tags = Messaging(queue, "process");
        tags.Add("messaging.message.id", id);
        tags.Add("captioner.deliveries", deliveries);
        ActivityContext parent = default;
        if (CaptionMessage.TryParse(text, out var hint, out _))
        {
            tags.Add(TelemetryTags.Container, hint!.Container);
            tags.Add(TelemetryTags.Picture, hint.Name);
            _ = ActivityContext.TryParse(hint.TraceParent, hint.TraceState, isRemote: true, out parent);
        }

        return Source.StartActivity(
            ActivityKind.Consumer, parent, tags, parent == default ? [] : [new ActivityLink(parent)], name: $"process {queue}");
    }

    /// <summary>Adds what the ticket says to the current span.</summary>
    public static void Describe(Ticket ticket)
    {
        if (Current is { IsAllDataRequested: true } span)
        {
            span.SetTag(TelemetryTags.Profile, ticket.Profile);
            span.SetTag(TelemetryTags.Tries, ticket.Tries.Count);
        }
    }

    /// <summary>Adds the current trace to a message, so that the worker's spans continue it.</summary>
    public static JobHint Stamp(JobHint hint) => Activity.Current is { IdFormat: ActivityIdFormat.W3C } current
        ? hint with { TraceParent = current.Id, TraceState = current.TraceStateString is { Length: > 0 and <= LongestTraceState } state ? state : null }
        : hint;

    public static void Fail(Activity? span, Exception error)
    {
        if (span is not null)
        {
            Fail(span, error is CaptionException known ? known.Code : error.GetType().FullName!);
        }
    }

    public static void Describe(Activity? span, CaptionModelInfo model, CaptionUsage? usage)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }

        span.SetTag("gen_ai.request.model", model.Name);
        if (usage is not null)
        {
            span.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens + usage.ImageTokens);
            span.SetTag("gen_ai.usage.output_tokens", usage.OutputTokens);
            span.SetTag("captioner.wait.duration", usage.Queued.TotalSeconds);
            span.SetTag("captioner.encode.duration", usage.Encode.TotalSeconds);
            span.SetTag("captioner.prefill.duration", usage.Prefill.TotalSeconds);
            span.SetTag("captioner.decode.duration", usage.Decode.TotalSeconds);
        }
    }

    /// <summary>Adds an event to the current span. A rejected image is a result; a failed try and a job that was given up are errors.</summary>
    public static void AddEvent(PipelineEventKind kind, RecordError? error)
    {
        if (Current is not { IsAllDataRequested: true } span)
        {
            return;
        }

        if (kind == PipelineEventKind.StorageTrouble)
        {
            span.AddEvent(new("storage.trouble"));
            return;
        }

        span.SetTag(TelemetryTags.State, PipelineMetrics.StateOf(kind));
        if (error is not null && kind is PipelineEventKind.Retried or PipelineEventKind.Failed or PipelineEventKind.Unreadable)
        {
            Fail(span, error!.Code);
        }
        else if (error is not null)
        {
            span.SetTag(TelemetryTags.Code, error.Code);
        }
    }

    private static void Fail(Activity span, string code)
    {
        span.SetTag(TelemetryTags.ErrorType, code);
        span.SetStatus(ActivityStatusCode.Error, code);
    }

    private static ActivityTagsCollection Messaging(string queue, string operation) => new()
    {
        ["messaging.system"] = System,
        ["messaging.operation.name"] = operation,
        ["messaging.operation.type"] = operation,
        [TelemetryTags.Queue] = queue,
    };
}
