using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BlobCaptioner.Pipeline;

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
    /// <summary>For messages in the queue of jobs.</summary>
    public static JsonTypeInfo<CaptionJob> Job => Formats.Compact.CaptionJob;

    /// <summary>For messages in the poison queue.</summary>
    public static JsonTypeInfo<PoisonMessage> Poison => Formats.Compact.PoisonMessage;

    /// <summary>For messages that the blob trigger of Azure Functions gave up.</summary>
    public static JsonTypeInfo<PoisonBlob> ImagePoison => Formats.Compact.PoisonBlob;

    // A type of its own, so that the generated default is there before this is made from it.
    private static class Formats
    {
        // "Relaxed" leaves non-ASCII text as it is, which keeps messages short.
        public static readonly MessageJson Compact = new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
