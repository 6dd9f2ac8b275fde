using System.Collections.Concurrent;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using BlobCaptioner.Remote;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Remote;

/// <summary>A model server on a real socket that does as a test says, request by request; when it was told nothing more, it answers well.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    public const string GoodAnswer = """{"category":"mug","color":"red","pattern":"plain","title":"A red mug"}""";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private readonly SemaphoreSlim _came = new(0);
    private int _running;
    private int _mostRunning;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>What to do when the script is at its end.</summary>
    public Func<HttpContext, Task> Otherwise { get; set; } = Answer(GoodAnswer);

    /// <summary>The bodies of the chat requests, in order.</summary>
    public ConcurrentQueue<JsonElement> Requests { get; } = new();

    /// <summary>Their Authorization headers.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    public int MostRunning => _mostRunning;

    public Uri Address => new(_app.Urls.First());

    public static async Task<StubServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        var server = new StubServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Says what the next request gets.</summary>
    public StubServer Then(params Func<HttpContext, Task>[] replies)
    {
        foreach (var reply in replies)
        {
            _script.Enqueue(reply);
        }

        return this;
    }

    /// <summary>Waits for one more chat request to have come.</summary>
    public async Task CameAsync(CancellationToken cancellationToken) => Xunit.Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken));

    public RemoteModelOptions Options(Action<RemoteModelOptions>? change = null)
    {
        var options = new RemoteModelOptions
        {
            Endpoint = Address,
            Model = "stub",
            RetryDelay = TimeSpan.FromMilliseconds(1),
            MaxRetryDelay = TimeSpan.FromMilliseconds(2),
        };
        change?.Invoke(options);
        return options;
    }

    /// <summary>A chat completion with that content.</summary>
    public static Func<HttpContext, Task> Answer(string? content, string finish = "stop", string? refusal = null, object? logprobs = null) => Json(new
    {
        id = "chatcmpl-1",
        @object = "chat.completion",
        created = 1,
        model = "stub-model-2",
        system_fingerprint = "fp_7",
        choices = new[] { new { index = 0, finish_reason = finish, message = new { role = "assistant", content, refusal }, logprobs } },
        usage = new { prompt_tokens = 100, completion_tokens = 20, total_tokens = 120 },
    });

    /// <summary>A chat completion without any choice.</summary>
    public static Func<HttpContext, Task> NoChoice() => Json(new { id = "1", @object = "chat.completion", created = 1, model = "stub", choices = Array.Empty<object>() });

    public static Func<HttpContext, Task> Json(object value) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(value, Relaxed));
    };

    public static Func<HttpContext, Task> Text(string body) => context => context.Response.WriteAsync(body);

    /// <summary>A refusal as OpenAI words it.</summary>
    public static Func<HttpContext, Task> Refuse(int status, string code, string message, params (string Name, string Value)[] headers) => context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return Json(new { error = new { code, message, type = "invalid_request_error" } })(context);
    };

    /// <summary>Cuts the connection in the middle of the answer.</summary>
    public static async Task Cut(HttpContext context)
    {
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("{\"choices\":[");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    /// <summary>Never answers. That the client goes away ends it and is no error, so what the delay throws then is suppressed.</summary>
    public static async Task Hang(HttpContext context) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Sends white space until the client goes away.</summary>
    public static async Task Flood(HttpContext context)
    {
        var blank = new byte[65_536];
        Array.Fill(blank, (byte)' ');
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(blank);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _came.Dispose();
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == "/v1/chat/completions")
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            Requests.Enqueue(body.RootElement.Clone());
            Keys.Enqueue(context.Request.Headers.Authorization.ToString());
            lock (_script)
            {
                _mostRunning = Math.Max(_mostRunning, ++_running);
            }

            _came.Release();
        }
        else if (context.Request.Path == "/v1/models" && _script.IsEmpty)
        {
            await Json(new { @object = "list", data = Array.Empty<object>() })(context);
            return;
        }

        try
        {
            await (_script.TryDequeue(out var reply) ? reply : Otherwise)(context);
        }
        finally
        {
            lock (_script)
            {
                _running--;
            }
        }
    }
}
