using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Tests.Remote;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>One question to the model.</summary>
internal sealed class ModelCall(string picture, string worker, int number)
{
    private volatile bool _isAnswered;

    /// <summary>16 hex digits of the hash of the picture as the model sees it.</summary>
    public string Picture => picture;

    /// <summary>The key that the asking process sends.</summary>
    public string Worker => worker;

    /// <summary>The place among all calls, from 1.</summary>
    public int Number => number;

    /// <summary>False where the worker was gone before the answer was ready.</summary>
    public bool IsAnswered
    {
        get => _isAnswered;
        set => _isAnswered = value;
    }
}

/// <summary>
/// A model server that takes its time, answers well, and knows who asked about which picture how often: the only witness that a model was called, whatever records and
/// logs say. Its answers' titles name the picture and the call.
/// </summary>
internal sealed class ChaosModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeSpan _longest;
    private readonly Random _random;
    private readonly ConcurrentQueue<ModelCall> _calls = new();
    private readonly ConcurrentDictionary<ModelCall, byte> _open = new();
    private int _number;

    private ChaosModel(WebApplication app, ChaosOptions options) => (_app, _longest, _random) = (app, options.ModelTime, new(options.Seed));

    /// <summary>For <c>--server</c>.</summary>
    public string Address => _app.Urls.First();

    /// <summary>All calls, in order.</summary>
    public IReadOnlyList<ModelCall> Calls => [.. _calls];

    /// <summary>Calls so far.</summary>
    public int Count => _number;

    /// <summary>Calls of a worker that have no answer yet.</summary>
    public int OpenOf(string worker) => _open.Keys.Count(c => c.Worker == worker);

    /// <summary>The title of the answer to a call.</summary>
    public static string TitleOf(ModelCall call) => $"Picture {call.Picture} of call {call.Number}";

    /// <summary>Starts it.</summary>
    public static async Task<ChaosModel> StartAsync(ChaosOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        var model = new ChaosModel(app, options);
        app.Run(model.HandleAsync);
        await app.StartAsync();
        return model;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/v1/chat/completions")
        {
            await StubServer.Json(new { @object = "list", data = Array.Empty<object>() })(context);
            return;
        }

        try
        {
            using var reader = new StreamReader(context.Request.Body);
            var call = new ModelCall(
                PictureIn(await reader.ReadToEndAsync(context.RequestAborted)),
                context.Request.Headers.Authorization.ToString()["Bearer ".Length..],
                Interlocked.Increment(ref _number));
            _calls.Enqueue(call);
            _open[call] = 0;
            try
            {
                await Task.Delay(Time(), context.RequestAborted);
                call.IsAnswered = true;
            }
            finally
            {
                _open.TryRemove(call, out _);
            }

            await StubServer.Answer(JsonSerializer.Serialize(new { category = "mug", color = "red", pattern = "plain", title = TitleOf(call) }))(context);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested || error is IOException)
        {
            // its worker was killed
        }
    }

    private TimeSpan Time()
    {
        lock (_random)
        {
            return _longest * (0.1 + (0.9 * _random.NextDouble()));
        }
    }

    private static string PictureIn(string request)
    {
        const string Marker = "data:image/jpeg;base64,";
        var start = request.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        var picture = request.AsSpan(start, request.IndexOf('"', start) - start).ToString();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(picture)))[..16];
    }
}
