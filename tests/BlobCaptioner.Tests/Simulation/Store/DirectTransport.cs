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
        var request = (StoreRequest)message.Request;
        request.Send();
        lock (_turn)
        {
            message.Response = store.Answer(request);
        }
    }

    public override ValueTask ProcessAsync(HttpMessage message)
    {
        Process(message);
        return default;
    }
}
