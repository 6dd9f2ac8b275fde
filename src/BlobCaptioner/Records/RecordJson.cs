using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BlobCaptioner.Records;

/// <summary>Records as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaptionRecord))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>Indented, readable; a name that stands twice in an object is an error.</summary>
    public static JsonTypeInfo<CaptionRecord> Record => Formats.Indented.CaptionRecord;

    /// <summary>In one line.</summary>
    public static JsonTypeInfo<CaptionRecord> RecordLine => Formats.Compact.CaptionRecord;

    // A type of its own, so that the generated default is there before these are made from it.
    // "Relaxed" leaves non-ASCII text and & < > as they are: records are files for people and importers, not parts of a page.
    private static class Formats
    {
        public static readonly RecordJson Indented = new(
            new(Default.Options) { WriteIndented = true, AllowDuplicateProperties = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

        public static readonly RecordJson Compact = new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
