using System.Text;
using System.Text.Json;

namespace BlobCaptioner.Pipeline;

/// <summary>The text of queue messages: base64 over UTF-8 JSON, as an Azure Functions queue trigger reads it too.</summary>
public static class CaptionMessage
{
    /// <summary>A job as a message's text.</summary>
    public static string Format(CaptionJob job) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(job, MessageJson.Job));

    /// <summary>Reads a job; plain JSON without base64 is taken as well.</summary>
    /// <param name="text">The message's text.</param>
    /// <param name="job">The job; null where there is none.</param>
    /// <param name="problem">What is wrong with the text; null where it is a job.</param>
    public static bool TryParse(string text, out CaptionJob? job, out string? problem)
    {
        job = null;
        var bytes = new byte[text.Length];
        ReadOnlySpan<byte> json = Convert.TryFromBase64String(text, bytes, out var length) ? bytes.AsSpan(0, length) : Encoding.UTF8.GetBytes(text);
        try
        {
            job = JsonSerializer.Deserialize(json, MessageJson.Job);
            problem = job is null ? "The message is JSON null." : null;
        }
        catch (JsonException error)
        {
            problem = $"The message is not a caption job as base64 JSON: {error.Message}";
        }

        return job is not null;
    }

    /// <summary>A given-up message as a message's text.</summary>
    public static string Format(PoisonMessage message) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(message, MessageJson.Poison));

    /// <summary>Reads a message of the poison queue.</summary>
    /// <exception cref="FormatException">It is not base64.</exception>
    /// <exception cref="JsonException">It is not a poison message.</exception>
    public static PoisonMessage ParsePoison(string text) =>
        JsonSerializer.Deserialize(Convert.FromBase64String(text), MessageJson.Poison) ?? throw new JsonException("The message is JSON null.");
}
