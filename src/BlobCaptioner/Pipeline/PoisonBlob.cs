using System.Text.Json.Serialization;

namespace BlobCaptioner.Pipeline;

/// <summary>
/// What the blob trigger of Azure Functions leaves in <c>webjobs-blobtrigger-poison</c> after its last try
/// (<c>BlobTriggerMessage</c> in azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Blobs).
/// </summary>
internal sealed record PoisonBlob
{
    [JsonPropertyName("ContainerName")]
    public required string ContainerName { get; init; }

    [JsonPropertyName("BlobName")]
    public required string BlobName { get; init; }

    /// <summary>With or without quotes; null where the trigger didn't know it.</summary>
    [JsonPropertyName("ETag")]
    public string? ETag { get; init; }
}
