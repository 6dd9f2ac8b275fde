using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using BlobCaptioner.Tests.Functions.Host.Rpc;
using Grpc.Core;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>One isolated worker: the process, and what it is told and answers over FunctionRpc. The host starts another when it is gone.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly string _app;
    private readonly ConcurrentQueue<string> _log;
    private readonly Process _process;
    private readonly TaskCompletionSource<IReadOnlyList<RpcFunctionMetadata>> _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StatusResult?>> _calls = new(StringComparer.Ordinal);
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateBounded<StreamingMessage>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.Wait });
    private readonly HashSet<string> _loading = new(StringComparer.Ordinal);
    private IReadOnlyList<RpcFunctionMetadata> _functions = [];

    /// <summary>Starts it.</summary>
    /// <param name="app">The app's folder, as built or published.</param>
    /// <param name="address">Where the host serves FunctionRpc.</param>
    /// <param name="settings">The app's settings, as environment variables.</param>
    /// <param name="log">Takes what it logs and prints.</param>
    public WorkerProcess(string app, Uri address, IReadOnlyDictionary<string, string> settings, ConcurrentQueue<string> log)
    {
        (_app, _log) = (app, log);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(app, "worker.config.json")))!["description"]!;
        var start = new ProcessStartInfo(config["defaultExecutablePath"]!.GetValue<string>())
        {
            ArgumentList =
            {
                Path.Combine(app, config["defaultWorkerPath"]!.GetValue<string>()),
                "--functions-uri", address.ToString(), "--functions-worker-id", Id, "--functions-request-id", Id, "--functions-grpc-max-message-length", $"{int.MaxValue}",
            },
            WorkingDirectory = app,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = app;
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exited = WaitForExitAsync();
    }

    /// <summary>Names it in the protocol.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>The functions, once all are loaded. Throws where the process ended before.</summary>
    public Task<IReadOnlyList<RpcFunctionMetadata>> Loaded => _loaded.Task;

    /// <summary>What it says it can.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Ends with the process, after its calls were told.</summary>
    public Task Exited { get; }

    /// <summary>Its exit code, once it is over.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Calls that it works on.</summary>
    public int Running => _calls.Count;

    /// <summary>Kills it, as a machine that runs out of memory would.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Calls a function.</summary>
    /// <returns>What it answered; null where it is gone.</returns>
    public async Task<StatusResult?> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<StatusResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[request.InvocationId] = answer;
        if (Exited.IsCompleted)
        {
            answer.TrySetResult(null);
        }

        using var cancel = cancellationToken.Register(() => Send(new() { InvocationCancel = new() { InvocationId = request.InvocationId } }));
        Send(new() { InvocationRequest = request });
        try
        {
            return await answer.Task;
        }
        finally
        {
            _calls.TryRemove(request.InvocationId, out _);
        }
    }

    /// <summary>Speaks with it until the stream ends.</summary>
    public async Task ServeAsync(IAsyncStreamReader<StreamingMessage> fromWorker, IServerStreamWriter<StreamingMessage> toWorker, CancellationToken cancellationToken)
    {
        Send(new() { WorkerInitRequest = new() { HostVersion = "4.1047.100", WorkerDirectory = _app, FunctionAppDirectory = _app } });
        try
        {
            var sending = SendAllAsync(toWorker, cancellationToken);
            await foreach (var message in fromWorker.ReadAllAsync(cancellationToken))
            {
                Handle(message);
            }

            _outgoing.Writer.TryComplete();
            await sending;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The process is gone: its exit says so to those who wait.
        }
    }

    /// <summary>Asks it to end, and ends it where it doesn't.</summary>
    public async ValueTask DisposeAsync()
    {
        Send(new() { WorkerTerminate = new() });
        try
        {
            await Exited.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            _process.Kill();
            await Exited;
        }

        _process.Dispose();
    }

    private void Handle(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.WorkerInitResponse when Succeeds(message.WorkerInitResponse.Result):
                Capabilities = message.WorkerInitResponse.Capabilities.ToDictionary(StringComparer.Ordinal);
                Send(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = _app } });
                break;
            case StreamingMessage.ContentOneofCase.FunctionMetadataResponse when Succeeds(message.FunctionMetadataResponse.Result):
                Load(message.FunctionMetadataResponse.FunctionMetadataResults);
                break;
            case StreamingMessage.ContentOneofCase.FunctionLoadResponse when Succeeds(message.FunctionLoadResponse.Result):
                if (_loading.Remove(message.FunctionLoadResponse.FunctionId) && _loading.Count == 0)
                {
                    _loaded.TrySetResult(_functions);
                }

                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (_calls.TryGetValue(message.InvocationResponse.InvocationId, out var answer))
                {
                    answer.TrySetResult(message.InvocationResponse.Result);
                }

                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                Log($"{message.RpcLog.Category}: {message.RpcLog.Message} {message.RpcLog.Exception?.Message}");
                break;
        }
    }

    private void Load(IReadOnlyList<RpcFunctionMetadata> functions)
    {
        _functions = functions;
        _loading.UnionWith(functions.Select(f => f.FunctionId));
        foreach (var function in functions)
        {
            Send(new() { FunctionLoadRequest = new() { FunctionId = function.FunctionId, Metadata = function } });
        }
    }

    private bool Succeeds(StatusResult result)
    {
        if (result.Status == StatusResult.Types.Status.Success)
        {
            return true;
        }

        _loaded.TrySetException(new InvalidOperationException(result.Exception?.Message));
        return false;
    }

    private void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    private async Task SendAllAsync(IServerStreamWriter<StreamingMessage> toWorker, CancellationToken cancellationToken)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
        {
            await toWorker.WriteAsync(message, cancellationToken);
        }
    }

    private async Task WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        _outgoing.Writer.TryComplete();
        _loaded.TrySetException(new IOException($"The worker ended with exit code {_process.ExitCode}."));
        foreach (var call in _calls.Values)
        {
            call.TrySetResult(null);
        }
    }

    private void Log(string? line)
    {
        if (line is not null)
        {
            _log.Enqueue(line);
        }
    }
}
