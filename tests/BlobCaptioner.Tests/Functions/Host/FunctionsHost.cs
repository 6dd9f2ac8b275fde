using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BlobCaptioner.Tests.Functions.Host.Rpc;
using BlobCaptioner.Tests.Infra;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Azure.WebJobs.Host.Executors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>
/// A Functions host in small: starts the app's isolated worker, learns its functions over FunctionRpc, and has the real WebJobs SDK trigger them with the
/// app's <c>host.json</c>. Not in it: Core Tools, scaling, function keys, timeouts, and the schedule of timers.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable, IHostIdProvider
{
    private static readonly JsonSerializerOptions Metadata = new() { ReferenceHandler = ReferenceHandler.IgnoreCycles };

    private readonly string _id = $"test-{Guid.NewGuid():N}"[..24];
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _app;
    private readonly WebApplication _server;
    private WorkerProcess? _worker;
    private Task _supervision = Task.CompletedTask;
    private IHost? _triggers;
    private volatile bool _isStopping;

    private FunctionsHost(IReadOnlyDictionary<string, string> settings, string app)
    {
        (_settings, _app) = (settings, app);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore().AddLogging().AddSingleton(this).AddGrpc();
        _server = builder.Build();
        _server.MapGrpcService<WorkerRpc>();
    }

    /// <summary>The app as the tests' build made it.</summary>
    public static string App { get; } = InfraFiles.Metadata("FunctionApp");

    /// <summary>What the worker told of itself.</summary>
    public IReadOnlyDictionary<string, string> Capabilities => Worker.Capabilities;

    /// <summary>What the worker indexed.</summary>
    public IReadOnlyList<RpcFunctionMetadata> Functions { get; private set; } = [];

    /// <summary>Calls that are over.</summary>
    public ConcurrentQueue<FunctionCall> Calls { get; } = new();

    /// <summary>Calls that the worker has in hand.</summary>
    public int Running => Worker.Running;

    /// <summary>Workers that had to be started since the first.</summary>
    public int Restarts { get; private set; }

    /// <summary>Where Event Grid posts.</summary>
    public BlobWebhook Webhook { get; } = new();

    /// <summary>True once all that the worker does at its start is done; it takes calls a little earlier.</summary>
    public bool IsWorkerStarted => _log.Any(l => l.Contains("Application started", StringComparison.Ordinal));

    /// <summary>What the worker and the SDK said so far.</summary>
    public IEnumerable<string> Log => _log;

    /// <summary>Starts it.</summary>
    /// <param name="settings">The app's settings, as environment variables.</param>
    /// <param name="listen">False leaves the triggers off: functions are called by hand.</param>
    /// <param name="folder">The app's folder; null takes <see cref="App"/>.</param>
    /// <exception cref="InvalidOperationException">The worker or the triggers don't start; the message has the worker's log.</exception>
    public static async Task<FunctionsHost> StartAsync(IReadOnlyDictionary<string, string> settings, bool listen = true, string? folder = null)
    {
        var host = new FunctionsHost(settings, folder ?? App);
        try
        {
            await host._server.StartAsync();
            host._worker = host.StartWorker();
            host.Functions = await host.Worker.Loaded;
            host._supervision = host.SuperviseAsync();
            if (listen)
            {
                host._triggers = host.BuildTriggers();
                await host._triggers.StartAsync();
            }

            return host;
        }
        catch (Exception error)
        {
            await host.DisposeAsync();
            throw new InvalidOperationException($"{error.Message}\n{string.Join('\n', host.Log)}", error);
        }
    }

    /// <summary>The worker of that id; null where it isn't this host's.</summary>
    public WorkerProcess? FindWorker(string id) => _worker?.Id == id ? _worker : null;

    /// <summary>Kills the worker. The host starts another.</summary>
    public void KillWorker() => Worker.Kill();

    /// <summary>Calls a function by hand, as a timer would.</summary>
    /// <returns>How it ended.</returns>
    public Task<FunctionCall> CallAsync(string function, string parameter, string json, CancellationToken cancellationToken) =>
        InvokeAsync(function, parameter, new() { Json = json }, new Dictionary<string, object>(StringComparer.Ordinal), cancellationToken);

    /// <inheritdoc/>
    public Task<string> GetHostIdAsync(CancellationToken cancellationToken) => Task.FromResult(_id);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_triggers is not null)
        {
            await _triggers.StopAsync();
            _triggers.Dispose();
        }

        _isStopping = true;
        await (_worker?.DisposeAsync() ?? default);
        await _supervision;
        await _server.DisposeAsync();
    }

    /// <summary>What a trigger calls.</summary>
    /// <exception cref="InvalidOperationException">The function failed, or its worker is gone: the trigger counts a try.</exception>
    internal async Task TriggerAsync(
        string function, string parameter, ParameterBindingData data, IReadOnlyDictionary<string, object> metadata, CancellationToken cancellationToken)
    {
        var model = new ModelBindingData { Version = data.Version, Source = data.Source, ContentType = data.ContentType, Content = ByteString.CopyFrom(data.Content) };
        var call = await InvokeAsync(function, parameter, new() { ModelBindingData = model }, metadata, cancellationToken);
        if (!call.Succeeded)
        {
            throw new InvalidOperationException(call.ToString());
        }
    }

    private async Task<FunctionCall> InvokeAsync(
        string function, string parameter, TypedData data, IReadOnlyDictionary<string, object> metadata, CancellationToken cancellationToken)
    {
        var worker = Worker;
        var request = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = (await worker.Loaded.WaitAsync(cancellationToken)).Single(f => f.Name == function).FunctionId,
            InputData = { new ParameterBinding { Name = parameter, Data = data } },
            TraceContext = new() { TraceParent = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01" },
        };
        foreach (var (key, value) in metadata.Where(m => m.Value is not null && m.Key != "sys"))
        {
            request.TriggerMetadata[key] = value is string text ? new() { String = text } : new() { Json = JsonSerializer.Serialize(value, value.GetType(), Metadata) };
        }

        var trigger = (metadata.GetValueOrDefault("BlobTrigger") ?? metadata.GetValueOrDefault("QueueTrigger")) as string;
        var call = new FunctionCall { Function = function, Trigger = trigger, Result = await worker.InvokeAsync(request, cancellationToken) };
        Calls.Enqueue(call);
        return call;
    }

    private WorkerProcess Worker => _worker ?? throw new InvalidOperationException("The host hasn't started.");

    private WorkerProcess StartWorker() => new(_app, new(_server.Urls.Single()), _settings, _log);

    private async Task SuperviseAsync()
    {
        while (true)
        {
            await Worker.Exited;
            if (_isStopping)
            {
                return;
            }

            _worker = StartWorker();
            Restarts++;
        }
    }

    private IHost BuildTriggers()
    {
        var triggers = new TriggerClass(this, Functions);
        return new HostBuilder()
            .ConfigureAppConfiguration(c => c.AddJsonStream(HostJson())
                .AddInMemoryCollection(_settings.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), (string?)s.Value)))
                .AddInMemoryCollection([new("AzureWebJobsConfigurationSection", "AzureFunctionsJobHost")]))
            .ConfigureWebJobs(jobs => jobs.AddAzureStorageCoreServices().AddAzureStorageBlobs().AddAzureStorageQueues())
#pragma warning disable CS0618 // As the platform registers its own.
            .ConfigureServices(s => s.AddSingleton<ITypeLocator>(triggers).AddSingleton<IJobActivator>(triggers).AddSingleton<IHostIdProvider>(this).AddSingleton<Microsoft.Azure.WebJobs.Host.Config.IWebHookProvider>(Webhook))
#pragma warning restore CS0618
            .ConfigureLogging(log => log.AddFilter("Azure", LogLevel.Error).AddProvider(new SdkLog(_log)))
            .Build();
    }

    // The SDK reads the file below a section of its own.
    private MemoryStream HostJson() => new(JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject { ["AzureFunctionsJobHost"] = JsonNode.Parse(File.ReadAllText(Path.Combine(_app, "host.json"))) }));
}
