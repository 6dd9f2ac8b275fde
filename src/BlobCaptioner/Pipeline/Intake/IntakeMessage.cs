using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>The message of the intake's queue: an image whose intake failed. Base64 JSON.</summary>
public sealed record IntakeMessage
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name.</summary>
    public required string Name { get; init; }

    /// <summary>The ETag of the version that failed, without quotes; null where it is unknown.</summary>
    [JsonPropertyName("etag")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ETag { get; init; }

    /// <summary>Number of the attempt that this message asks for, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>The message's text.</summary>
    public string Format() => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this, IntakeJson.Compact.IntakeMessage));

    /// <summary>Reads a message, base64 or plain JSON, as a host passes it on.</summary>
    /// <param name="text">The message's text, of any content.</param>
    /// <param name="problem">Why it can't be read; null where it can.</param>
    /// <returns>The message; null where it can't be read.</returns>
    public static IntakeMessage? TryParse(string text, out string? problem)
    {
        problem = null;
        try
        {
            var message = JsonSerializer.Deserialize(CaptionMessage.Decode(text), IntakeJson.Compact.IntakeMessage);
            problem = message is not { Attempt: > 0 } ? "The message of the intake's queue has no attempt; it counts from 1."
                : ImageNames.Problem(message.Name) is { } why ? $"The name '{ImageNames.Printable(message.Name)}' {why}."
                : !ImageNames.IsImage(message.Name) ? $"'{ImageNames.Printable(message.Name)}' is not an image's name."
                : null;
            return problem is null ? message : null;
        }
        catch (JsonException error)
        {
            problem = $"The message is not an intake's as base64 JSON: {error.Message}";
        }

        return null;
    }
}

/// <summary>The intake's messages as JSON: camelCase, as short as possible.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IntakeMessage))]
internal sealed partial class IntakeJson : JsonSerializerContext
{
    /// <summary>The context with non-ASCII text left unescaped, which keeps messages short.</summary>
    public static IntakeJson Compact => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
