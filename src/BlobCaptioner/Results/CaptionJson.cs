using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using BlobCaptioner.Models;
using BlobCaptioner.Profiles;
using BlobCaptioner.Queueing;

namespace BlobCaptioner.Results;

/// <summary>The one source-generated JSON context: camelCase; enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaptionRecord))]
[JsonSerializable(typeof(CaptionJob))]
[JsonSerializable(typeof(PoisonMessage))]
[JsonSerializable(typeof(ModelCatalog))]
[JsonSerializable(typeof(PartialFileState))]
[JsonSerializable(typeof(PoisonBlob))]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(LanguageDocument))]
internal sealed partial class CaptionJson : JsonSerializerContext
{
    /// <summary>For records: indented, readable; a name that stands twice in an object is an error.</summary>
    public static JsonTypeInfo<CaptionRecord> Record => Formats.Indented.CaptionRecord;

    /// <summary>For records in one line.</summary>
    public static JsonTypeInfo<CaptionRecord> RecordLine => Formats.Compact.CaptionRecord;

    /// <summary>For queue messages: as short as possible.</summary>
    public static JsonTypeInfo<CaptionJob> Job => Formats.Compact.CaptionJob;

    /// <summary>For messages in the poison queue.</summary>
    public static JsonTypeInfo<PoisonMessage> Poison => Formats.Compact.PoisonMessage;

    /// <summary>For messages that the blob trigger of Azure Functions gave up.</summary>
    public static JsonTypeInfo<PoisonBlob> ImagePoison => Formats.Compact.PoisonBlob;

    /// <summary>For profile files: indented, without what they don't say.</summary>
    public static JsonTypeInfo<ProfileDocument> ProfileFile => Formats.Sparse.ProfileDocument;

    // A type of its own, so that the generated default is there before these are made from it.
    // "Relaxed" leaves non-ASCII text and & < > as they are: records are files for people and importers, not parts of a page.
    private static class Formats
    {
        public static readonly CaptionJson Indented = new(
            new(Default.Options) { WriteIndented = true, AllowDuplicateProperties = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

        public static readonly CaptionJson Sparse = new(
            new(Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

        public static readonly CaptionJson Compact = new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
