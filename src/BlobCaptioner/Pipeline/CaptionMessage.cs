using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Pipeline;

/// <summary>The text of queue messages: base64 over UTF-8 JSON, as an Azure Functions queue trigger reads it too.</summary>
public static class CaptionMessage
{
    /// <summary>Writes a job.</summary>
    public static string Format(CaptionJob job) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(job, MessageJson.Compact.CaptionJob));

    /// <summary>Reads a job, also from JSON without base64.</summary>
    /// <param name="text">The message's text.</param>
    /// <param name="job">The job; null for an invalid text.</param>
    /// <param name="problem">Why the text is invalid; null for a job.</param>
    public static bool TryParse(string text, out CaptionJob? job, out string? problem)
    {
        job = null;
        var bytes = new byte[text.Length];
        ReadOnlySpan<byte> json = Convert.TryFromBase64String(text, bytes, out var length) ? bytes.AsSpan(0, length) : Encoding.UTF8.GetBytes(text);
        try
        {
            job = JsonSerializer.Deserialize(json, MessageJson.Compact.CaptionJob);
            problem = job is null ? "The message is JSON null." : null;
        }
        catch (JsonException error)
        {
            problem = $"The message is not a caption job as base64 JSON: {error.Message}";
        }

        return job is not null;
    }

    /// <summary>Writes a message of the poison queue.</summary>
    public static string Format(PoisonMessage message) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(message, MessageJson.Compact.PoisonMessage));
}

/// <summary>A message of the poison queue.</summary>
public sealed record PoisonMessage
{
    /// <summary>Short stable code of the reason.</summary>
    public required string Code { get; init; }

    /// <summary>The reason.</summary>
    public required string Reason { get; init; }

    /// <summary>The job; null where the message could not be read.</summary>
    public CaptionJob? Job { get; init; }

    /// <summary>The message's original text, cut to 8,000 characters; null where <see cref="Job"/> is set.</summary>
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

/// <summary>Queue messages as JSON: camelCase, enums as words, as short as possible.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaptionJob))]
[JsonSerializable(typeof(PoisonMessage))]
[JsonSerializable(typeof(PoisonBlob))]
internal sealed partial class MessageJson : JsonSerializerContext
{
    /// <summary>The context with non-ASCII text left unescaped, which keeps messages short.</summary>
    public static MessageJson Compact => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
