using System.Collections.Concurrent;
using System.Net;
using BlobCaptioner.Cli.LocalStack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>
/// Stands in front of Azurite's blob and queue ports and spoils some of the requests, before or after Azurite applied them. Kestrel and HttpClient carry them, since a
/// cut in mid-answer needs the answer's frame, and a relay of bytes would have to know HTTP's rules for it (HEAD, chunks, 100-continue).
/// </summary>
internal sealed class ChaosProxy : IAsyncDisposable
{
    // These belong to one connection, or are written anew from the content.
    private static readonly HashSet<string> NotCarried = new(["Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Expect", "Content-Length"], StringComparer.OrdinalIgnoreCase);
    private static readonly Fault[] All = [.. Enum.GetValues<Fault>().Where(f => f != Fault.None)];

    private readonly WebApplication _app;
    private readonly AzuritePorts _far;
    private readonly double _share;
    private readonly Random _random;
    private readonly TicketJournal _journal;
    private readonly ConcurrentDictionary<Fault, int> _spoiled = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,

        // below the five seconds after which Azurite closes a connection, so that none is used just then
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
    });

    private int _requests;
    private int _unreached;

    private ChaosProxy(WebApplication app, AzuritePorts far, ChaosOptions options, TicketJournal journal) =>
        (_app, _far, _share, _random, _journal) = (app, far, options.FaultShare, new(options.Seed), journal);

    private enum Fault
    {
        None,
        CutBefore,
        CutAfter,
        CutInMidAnswer,
        RefusedBefore,
        RefusedAfter,
        DelayedBefore,
        DelayedAfter,
    }

    /// <summary>The store by way of this proxy.</summary>
    public string ConnectionString
    {
        get
        {
            var ports = _app.Urls.Select(u => new Uri(u).Port).ToArray();
            return new AzuritePorts(ports[0], ports[1], _far.Table).ConnectionString;
        }
    }

    /// <summary>Requests so far.</summary>
    public int Requests => _requests;

    /// <summary>Those that were spoiled.</summary>
    public int Spoiled => _spoiled.Values.Sum();

    /// <summary>Those that met no Azurite, since it was restarting.</summary>
    public int Unreached => _unreached;

    /// <summary>The spoiled ones by kind.</summary>
    public string Kinds => string.Join(", ", _spoiled.OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key}"));

    /// <summary>Starts it.</summary>
    public static async Task<ChaosProxy> StartAsync(AzuritePorts azurite, ChaosOptions options, TicketJournal journal)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        var proxy = new ChaosProxy(app, azurite, options, journal);
        app.Run(proxy.HandleAsync);
        await app.StartAsync();
        return proxy;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var fault = Draw(out var wait);
        if (fault == Fault.CutBefore)
        {
            context.Abort();
            return;
        }

        if (fault == Fault.RefusedBefore)
        {
            Refuse(context);
            return;
        }

        if (fault == Fault.DelayedBefore)
        {
            await Task.Delay(wait);
        }

        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body);
            using var request = Carry(context, body.ToArray());

            // Whoever asked may be dead by now. The request is on its way all the same.
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
            await _journal.NoteAsync(request, body.ToArray(), answer);
            if (fault == Fault.DelayedAfter)
            {
                await Task.Delay(wait);
            }

            await AnswerAsync(context, answer, fault);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            Interlocked.Increment(ref _unreached);
            context.Abort();
        }
    }

    private Fault Draw(out TimeSpan wait)
    {
        Fault fault;
        lock (_random)
        {
            fault = _random.NextDouble() < _share ? All[_random.Next(All.Length)] : Fault.None;
            wait = TimeSpan.FromMilliseconds(_random.Next(100, 2000));
        }

        if (fault != Fault.None)
        {
            _spoiled.AddOrUpdate(fault, 1, static (_, count) => count + 1);
        }

        return fault;
    }

    private HttpRequestMessage Carry(HttpContext context, byte[] body)
    {
        // The signature covers the path as it was written.
        var port = context.Connection.LocalPort == new Uri(_app.Urls.First()).Port ? _far.Blob : _far.Queue;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new HttpRequestMessage(
            new(context.Request.Method), new Uri($"http://127.0.0.1:{port}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (context.Request.ContentLength is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(h => !NotCarried.Contains(h.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, Fault fault)
    {
        if (fault == Fault.CutAfter)
        {
            context.Abort();
            return;
        }

        if (fault == Fault.RefusedAfter)
        {
            Refuse(context);
            return;
        }

        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated).Where(h => !NotCarried.Contains(h.Key)))
        {
            response.Headers[name] = values.ToArray();
        }

        if (answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
        {
            return;
        }

        response.ContentLength = answer.Content.Headers.ContentLength;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var body = await answer.Content.ReadAsByteArrayAsync();
        response.ContentLength = body.Length;
        if (fault == Fault.CutInMidAnswer)
        {
            await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
            await response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await response.Body.WriteAsync(body);
    }

    private static void Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers["x-ms-error-code"] = "ServerBusy";
        context.Response.ContentLength = 0;
    }
}
