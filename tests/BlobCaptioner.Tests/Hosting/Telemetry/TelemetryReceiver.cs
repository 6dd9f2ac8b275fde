using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace BlobCaptioner.Tests.Hosting.Telemetry;

/// <summary>Takes whatever is posted to it, as an OTLP collector over http/protobuf and as Azure Monitor's ingestion; strings in both are readable as they are.</summary>
internal sealed class TelemetryReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, string Body)> _received = new();

    private TelemetryReceiver(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public static async Task<TelemetryReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var receiver = new TelemetryReceiver(builder.Build());
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync(cancellationToken);
        return receiver;
    }

    /// <summary>All bodies that were posted to a path, as one text.</summary>
    public string Bodies(string path) => string.Concat(_received.Where(r => r.Path == path).Select(r => r.Body));

    public IReadOnlyList<string> Paths => [.. _received.Select(r => r.Path).Distinct().Order(StringComparer.Ordinal)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        using var plain = new MemoryStream();
        if (context.Request.Headers.ContentEncoding == "gzip")
        {
            await using var zip = new GZipStream(body, CompressionMode.Decompress);
            await zip.CopyToAsync(plain, context.RequestAborted);
        }
        else
        {
            await body.CopyToAsync(plain, context.RequestAborted);
        }

        _received.Enqueue((context.Request.Path, Encoding.UTF8.GetString(plain.ToArray())));
        if (context.Request.Path == "/v2.1/track")
        {
            await context.Response.WriteAsync("""{"itemsReceived":1,"itemsAccepted":1,"errors":[]}""", context.RequestAborted);
        }
    }
}
