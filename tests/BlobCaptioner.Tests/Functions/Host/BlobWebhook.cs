using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host.Config;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>Where Event Grid posts what happened in the images' container; the blob extension answers.</summary>
#pragma warning disable CS0618 // The only way to an extension's webhook, and the platform's own.
internal sealed class BlobWebhook : IWebHookProvider
{
    private static readonly Uri Address = new("http://localhost/runtime/webhooks/blobs");

    private IAsyncConverter<HttpRequestMessage, HttpResponseMessage>? _extension;

    /// <inheritdoc/>
    public Uri GetUrl(IExtensionConfigProvider extension)
    {
        _extension = (IAsyncConverter<HttpRequestMessage, HttpResponseMessage>)extension;
        return Address;
    }

    /// <summary>Tells a function of a blob that was created.</summary>
    public Task<HttpResponseMessage> CreatedAsync(BlobClient blob, string function) => PostAsync(function, "Notification", new
    {
        id = Guid.NewGuid(),
        topic = "/subscriptions/any",
        subject = $"/blobServices/default/containers/{blob.BlobContainerName}/blobs/{blob.Name}",
        eventType = "Microsoft.Storage.BlobCreated",
        eventTime = DateTimeOffset.UnixEpoch.ToString("O", CultureInfo.InvariantCulture),
        dataVersion = "",
        data = new { api = "PutBlob", blobType = "BlockBlob", url = blob.Uri.AbsoluteUri },
    });

    /// <summary>Asks whether the address is a subscriber's, as Event Grid does before it sends anything.</summary>
    public Task<HttpResponseMessage> ValidateAsync(string function, string code) => PostAsync(function, "SubscriptionValidation", new
    {
        id = Guid.NewGuid(),
        topic = "/subscriptions/any",
        subject = "",
        eventType = "Microsoft.EventGrid.SubscriptionValidationEvent",
        eventTime = DateTimeOffset.UnixEpoch.ToString("O", CultureInfo.InvariantCulture),
        dataVersion = "1",
        data = new { validationCode = code },
    });

    private async Task<HttpResponseMessage> PostAsync(string function, string type, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Address}?functionName=Host.Functions.{function}")
        {
            Headers = { { "aeg-event-type", type } },
            Content = new StringContent(JsonSerializer.Serialize(new[] { body }), Encoding.UTF8, "application/json"),
        };
        return await _extension!.ConvertAsync(request, CancellationToken.None);
    }
}
