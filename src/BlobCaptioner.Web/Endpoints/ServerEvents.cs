using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>An answer of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), with a comment now and then so that proxies keep it open.</summary>
internal sealed class ServerEvents : IAsyncDisposable
{
    private static readonly TimeSpan s_alive = TimeSpan.FromSeconds(15);

    private readonly HttpResponse _response;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _end;
    private readonly Task _alive;

    private ServerEvents(HttpResponse response, CancellationToken cancellationToken)
    {
        _response = response;
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _alive = KeepAliveAsync(_end.Token);
    }

    /// <summary>Begins the answer.</summary>
    public static async Task<ServerEvents> BeginAsync(HttpContext http, CancellationToken cancellationToken)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await http.Response.WriteAsync(": begin\n\n", cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
        return new(http.Response, cancellationToken);
    }

    /// <summary>Sends an event.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="json">Its data, in one line.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SendAsync(string type, string json, CancellationToken cancellationToken) => WriteAsync($"event: {type}\ndata: {json}\n\n", cancellationToken);

    /// <inheritdoc cref="SendAsync(string, string, CancellationToken)"/>
    public Task SendAsync(string type, object data, CancellationToken cancellationToken) => SendAsync(type, JsonSerializer.Serialize(data, WebJson.Options), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _alive.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        _turn.Dispose();
    }

    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(s_alive, cancellationToken);
            await WriteAsync(": alive\n\n", cancellationToken);
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _response.WriteAsync(text, cancellationToken);
            await _response.Body.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }
}
