using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>A queue message: a hint that a ticket waits. What is wanted, tries and reasons stand on the ticket, so losing or doubling a message costs time only.</summary>
internal sealed record JobHint
{
    /// <summary>The images' container.</summary>
    public required string Container { get; init; }

    /// <summary><see cref="CaptionJob.Name"/>.</summary>
    public required string Name { get; init; }

    /// <summary>When it was sent, UTC.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>How often a consumer handed it back on purpose. The queue's own count holds these too, and the deliveries whose consumer died.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Returned { get; init; }

    /// <summary>W3C <c>traceparent</c> of the span that sent it, so that the worker's spans continue its trace; null without tracing.</summary>
    [JsonPropertyName("traceparent")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>W3C <c>tracestate</c> that belongs to <see cref="TraceParent"/>, up to 512 characters; null for none.</summary>
    [JsonPropertyName("tracestate")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceState { get; init; }
}

/// <summary>The text of queue messages: base64 over UTF-8 JSON, as an Azure Functions queue trigger reads it too.</summary>
internal static class CaptionMessage
{
    // A character takes up to six bytes as JSON, and base64 makes four of three.
    private const int LongestReason = 2000;
    private const int LongestText = 4000;
    private const int LongestTrace = 512;

    /// <summary>Writes a hint.</summary>
    public static string Format(JobHint hint) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(hint, MessageJson.Compact.JobHint));

    /// <summary>Reads a hint, also from JSON without base64.</summary>
    /// <param name="text">The message's text.</param>
    /// <param name="hint">The hint; null for an invalid text.</param>
    /// <param name="problem">Why the text is invalid; null for a hint.</param>
    public static bool TryParse(string text, out JobHint? hint, out string? problem)
    {
        hint = null;
        try
        {
            var read = JsonSerializer.Deserialize(Decode(text), MessageJson.Compact.JobHint);
            problem = read is null ? "The message is JSON null." : ImageNames.Problem(read.Name) is { } why ? $"The name '{ImageNames.Printable(read.Name)}' {why}." : null;
            hint = problem is null ? read! with { TraceParent = OfTrace(read.TraceParent), TraceState = OfTrace(read.TraceState) } : null;
        }
        catch (JsonException error)
        {
            problem = $"The message is not a caption job as base64 JSON: {error.Message}";
        }

        return hint is not null;
    }

    /// <summary>Writes a message of the poison queue. Reason and text are cut, so that it fits into 64 KiB.</summary>
    public static string Format(PoisonMessage message) =>
        Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(message with { Reason = Cut(message.Reason, LongestReason), Text = message.Text is { } text ? Cut(text, LongestText) : null }, MessageJson.Compact.PoisonMessage));

    /// <summary>A message's JSON as UTF-8: decoded from base64, or as it is.</summary>
    internal static ReadOnlySpan<byte> Decode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes.AsSpan(0, length) : Encoding.UTF8.GetBytes(text);
    }

    // A message is written again when it is handed back, and must fit.
    private static string? OfTrace(string? text) => text?.Length <= LongestTrace ? text : null;

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];
}

/// <summary>A message of the poison queue.</summary>
internal sealed record PoisonMessage
{
    /// <summary>Short stable code of the reason.</summary>
    public required string Code { get; init; }

    /// <summary>The reason, up to 2,000 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>The message's job; null where the message could not be read.</summary>
    public JobHint? Job { get; init; }

    /// <summary>The ticket's <see cref="Ticket.Call"/> when it was given up: a later ticket of the same name is another matter. Null without a job.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Call { get; init; }

    /// <summary>The message's original text, cut to 4,000 characters; null where <see cref="Job"/> is set.</summary>
    public string? Text { get; init; }

    /// <summary>When it was given up, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>
/// The message that the blob trigger of Azure Functions sends to <c>webjobs-blobtrigger-poison</c> after its last try
/// (<c>BlobTriggerMessage</c> in azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Blobs).
/// </summary>
internal sealed record PoisonBlob
{
    [JsonPropertyName("ContainerName")]
    public required string ContainerName { get; init; }

    [JsonPropertyName("BlobName")]
    public required string BlobName { get; init; }

    /// <summary>With or without quotes; null where the trigger did not know it.</summary>
    [JsonPropertyName("ETag")]
    public string? ETag { get; init; }
}

/// <summary>Queue messages and tickets as JSON: camelCase, enums as words, as short as possible.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JobHint))]
[JsonSerializable(typeof(Ticket))]
[JsonSerializable(typeof(PoisonMessage))]
[JsonSerializable(typeof(SpendDay))]
[JsonSerializable(typeof(PoisonBlob))]
internal sealed partial class MessageJson : JsonSerializerContext
{
    /// <summary>The context with non-ASCII text left unescaped, which keeps messages short.</summary>
    public static MessageJson Compact => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
