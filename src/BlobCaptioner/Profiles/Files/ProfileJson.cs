using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BlobCaptioner.Profiles.Files;

/// <summary>Profile files as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(LanguageDocument))]
internal sealed partial class ProfileJson : JsonSerializerContext
{
    /// <summary>Indented, without properties that are null.</summary>
    public static JsonTypeInfo<ProfileDocument> Sparse => Formats.Sparse.ProfileDocument;

    // A type of its own, so that the generated default is there before this is made from it.
    private static class Formats
    {
        public static readonly ProfileJson Sparse = new(
            new(Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
    }
}
