using System.Text.Json.Serialization;

namespace BlobCaptioner.Models;

/// <summary>The catalogue and the notes of downloads as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ModelCatalog))]
[JsonSerializable(typeof(PartialFileState))]
internal sealed partial class ModelJson : JsonSerializerContext;
