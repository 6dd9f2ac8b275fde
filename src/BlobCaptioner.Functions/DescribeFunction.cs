using Azure.Storage.Queues.Models;
using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Storage;
using Microsoft.Azure.Functions.Worker;

namespace BlobCaptioner.Functions;

/// <summary>The queue-driven worker that holds the warm model.</summary>
public sealed class DescribeFunction(DescribeService service, CaptionStorage storage)
{
    /// <summary>Brings a job to its record, or back into the queue.</summary>
    [Function(FunctionSelection.Describe)]
    public Task DescribeAsync(
        [QueueTrigger("%Storage:CaptionsQueue%", Connection = "CaptionStorage")] QueueMessage message, CancellationToken cancellationToken) =>
        service.DescribeAsync(new(storage.Captions, message.MessageId, message.Body.ToString(), message.DequeueCount), cancellationToken);
}
