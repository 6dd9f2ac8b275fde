using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace BlobCaptioner.Tests.Profiles;

/// <summary>Carries requests and keeps them: <c>GET 304 shoes/_captioner.json</c>.</summary>
internal sealed class RequestLog : HttpClientTransport
{
    private readonly ConcurrentQueue<string> _requests = [];

    /// <summary>All so far, and none from now on.</summary>
    public IReadOnlyList<string> Take()
    {
        var taken = new List<string>();
        while (_requests.TryDequeue(out var request))
        {
            taken.Add(request);
        }

        return taken;
    }

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        await base.ProcessAsync(message);

        // http://127.0.0.1:10000/devstoreaccount1/CONTAINER/BLOB
        var path = message.Request.Uri.ToUri().AbsolutePath.Split('/', 4);
        _requests.Enqueue($"{message.Request.Method} {message.Response.Status} {path[^1]}");
    }
}
