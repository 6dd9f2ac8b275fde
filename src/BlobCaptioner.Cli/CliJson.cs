using System.Text.Json.Serialization;
using BlobCaptioner.Cli.LocalStack;

namespace BlobCaptioner.Cli;

/// <summary>What the command line reads and writes as JSON, one line each.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AzuriteState))]
internal sealed partial class CliJson : JsonSerializerContext;
