using Azure.Core;
using Azure.Core.Pipeline;
using Polly;

namespace BlobCaptioner.Storage;

/// <summary>Repeats each request that storage can't answer now, until it can or <see cref="StorageOptions.OutageTolerance"/> is over. It stands outside the SDK's own short retries.</summary>
internal sealed class OutagePolicy(ResiliencePipeline outage) : HttpPipelinePolicy
{
    /// <inheritdoc/>
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Storage is asked asynchronously.");

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            await outage.ExecuteAsync(async _ =>
            {
                await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
                if (message.Response.Status is 408 or 429 or >= 500)
                {
                    throw new UnansweredException(message.Response.Status);
                }
            }, message.CancellationToken).ConfigureAwait(false);
        }
        catch (UnansweredException)
        {
            // The last answer goes to the caller, who makes the error of it.
        }
    }

    private sealed class UnansweredException(int status) : HttpRequestException($"Storage answered {status}.");
}
