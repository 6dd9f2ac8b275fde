using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Carries requests to a real storage, and spoils those that a test names: before storage has seen them, or after it has applied them.</summary>
internal sealed class CutTransport : HttpPipelineTransport, IDisposable
{
    private readonly HttpClientTransport _inner = new();
    private int _spoilt;

    /// <summary>Does or throws what a request meets before it is sent; default: nothing.</summary>
    public Func<HttpMessage, Task>? Before { get; set; }

    /// <summary>True cuts the answer of a request that storage has applied; default: none.</summary>
    public Predicate<HttpMessage>? CutsAnswer { get; set; }

    /// <summary>Answers that were cut.</summary>
    public int Spoilt => _spoilt;

    /// <summary>Connects to a test's storage through a new one.</summary>
    public static async Task<(CaptionStorage Storage, CutTransport Transport)> ConnectAsync(LocalStack.AzuriteFixture azurite, TestPipeline pipeline, CancellationToken cancellationToken)
    {
        var transport = new CutTransport();
        return (CaptionStorage.Connect(await azurite.GetConnectionStringAsync(cancellationToken), pipeline.Storage.Options, transport), transport);
    }

    public static bool IsMessageUpdate(HttpMessage message) => message.Request.Method == RequestMethod.Put && Path(message).Contains("/messages/", StringComparison.Ordinal);

    public static bool IsSend(HttpMessage message) => message.Request.Method == RequestMethod.Post && Path(message).EndsWith("/messages", StringComparison.Ordinal);

    public static bool IsReceive(HttpMessage message) => message.Request.Method == RequestMethod.Get && Path(message).EndsWith("/messages", StringComparison.Ordinal);

    public static bool IsTicketRead(HttpMessage message) => message.Request.Method == RequestMethod.Get && Path(message).Contains("/_tickets/", StringComparison.Ordinal);

    public static bool IsTicketWrite(HttpMessage message) => message.Request.Method == RequestMethod.Put && Path(message).Contains("/_tickets/", StringComparison.Ordinal);

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => _inner.Process(message);

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        await (Before?.Invoke(message) ?? Task.CompletedTask);
        await _inner.ProcessAsync(message);
        if (CutsAnswer?.Invoke(message) == true)
        {
            Interlocked.Increment(ref _spoilt);
            message.Response.Dispose();
            throw new RequestFailedException("The answer was cut.", new HttpRequestException(HttpRequestError.ResponseEnded));
        }
    }

    public void Dispose() => _inner.Dispose();

    private static string Path(HttpMessage message) => message.Request.Uri.ToUri().AbsolutePath;
}
