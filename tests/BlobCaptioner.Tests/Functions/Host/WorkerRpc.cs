using BlobCaptioner.Tests.Functions.Host.Rpc;
using Grpc.Core;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>Where workers connect: hands each stream to the process that opened it.</summary>
internal sealed class WorkerRpc(FunctionsHost host) : FunctionRpc.FunctionRpcBase
{
    /// <inheritdoc/>
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (await requestStream.MoveNext(context.CancellationToken) && host.FindWorker(requestStream.Current.StartStream.WorkerId) is { } worker)
        {
            await worker.ServeAsync(requestStream, responseStream, context.CancellationToken);
        }
    }
}
