using Azure.Core;
using Azure.Core.Pipeline;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>Carries requests to a simulated store without delay or fault, for tests that need no schedule.</summary>
internal sealed class DirectTransport(SimulatedStore store) : HttpPipelineTransport
{
    private readonly Lock _turn = new();

    public override Request CreateRequest() => new StoreRequest();

    public override void Process(HttpMessage message)
    {
        message.CancellationToken.ThrowIfCancellationRequested();
        lock (_turn)
        {
            message.Response = store.Answer((StoreRequest)message.Request);
        }
    }

    public override ValueTask ProcessAsync(HttpMessage message)
    {
        Process(message);
        return default;
    }
}
