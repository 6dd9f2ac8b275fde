using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>
/// The Azurite of a data folder, shared between processes. The first process starts it and owns it; the others attach to it. Only the
/// owner stops it.
/// </summary>
public sealed class LocalAzurite : IAsyncDisposable
{
    private const string StateFile = "azurite.json";
    private const string LockFile = "azurite.lock";
    private static readonly TimeSpan AttachLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly FileLock? _ownership;
    private readonly AzuriteProcess? _process;
    private readonly string _statePath;

    private LocalAzurite(string statePath, AzuritePorts ports, FileLock? ownership, AzuriteProcess? process)
    {
        _statePath = statePath;
        _ownership = ownership;
        _process = process;
        Ports = ports;
    }

    /// <summary>The ports that it listens on.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>For the Azure SDKs.</summary>
    public string ConnectionString => Ports.ConnectionString;

    /// <summary>True if this process started it and will stop it.</summary>
    public bool IsOwner => _process is not null;

    /// <summary>The child process; null if another process owns it.</summary>
    public AzuriteProcess? Process => _process;

    /// <summary>Attaches to the data folder's Azurite, or starts one.</summary>
    /// <param name="dataDirectory">The data folder, created if missing.</param>
    /// <param name="progress">Receives messages for people about steps that take long.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels; no process is left running.</param>
    /// <exception cref="LocalStackException">It could not be started, or its owner does not answer.</exception>
    public static async Task<LocalAzurite> OpenAsync(
        string dataDirectory, IProgress<string>? progress, TimeProvider time, CancellationToken cancellationToken)
    {
        dataDirectory = Path.GetFullPath(dataDirectory);
        var statePath = Path.Combine(dataDirectory, StateFile);
        FileLock? ownership = null;
        try
        {
            Directory.CreateDirectory(dataDirectory);
            var started = time.GetTimestamp();
            while ((ownership = FileLock.TryTake(Path.Combine(dataDirectory, LockFile))) is null)
            {
                // another process owns it: it installs, starts, runs or stops
                if (await TryReadAsync(statePath, cancellationToken) is { } state && await AnswersAsync(state.Ports, cancellationToken))
                {
                    return new(statePath, state.Ports, ownership: null, process: null);
                }

                if (time.GetElapsedTime(started) > AttachLimit)
                {
                    throw new LocalStackException(
                        $"Another process holds '{dataDirectory}', but its Azurite does not answer (see '{statePath}'). " +
                        "Stop that process, or give another folder with --data.");
                }

                await Task.Delay(Poll, time, cancellationToken);
            }

            await WaitForOrphanAsync(dataDirectory, statePath, time, cancellationToken);
            var process = await AzuriteProcess.StartAsync(new() { DataDirectory = dataDirectory }, progress, time, cancellationToken);
            var result = new LocalAzurite(statePath, process.Ports, ownership, process);
            ownership = null;
            try
            {
                await WriteAsync(statePath, new() { ProcessId = process.ProcessId, Ports = process.Ports }, cancellationToken);
                return result;
            }
            catch
            {
                await result.DisposeAsync();
                throw;
            }
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new LocalStackException($"The data folder '{dataDirectory}' can't be used: {ex.Message} Give another with --data.", ex);
        }
        finally
        {
            ownership?.Dispose();
        }
    }

    /// <summary>Stops it if this process owns it. Its data is on disk then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            File.Delete(_statePath);
            await _process.DisposeAsync();
        }

        _ownership?.Dispose();
    }

    /// <summary>Waits for the Azurite of a killed owner to save and end. Two on one folder would damage the data.</summary>
    private static async Task WaitForOrphanAsync(
        string dataDirectory, string statePath, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await TryReadAsync(statePath, cancellationToken) is not { } state)
        {
            return;
        }

        var started = time.GetTimestamp();
        while (IsAzuriteOf(dataDirectory, state.ProcessId, File.GetLastWriteTime(statePath)))
        {
            if (time.GetElapsedTime(started) > AttachLimit)
            {
                throw new LocalStackException(
                    $"Azurite (process {state.ProcessId}) still serves '{dataDirectory}' although the process that started it is gone. " +
                    $"End it: {(OperatingSystem.IsWindows() ? "taskkill /f /pid" : "kill")} {state.ProcessId}");
            }

            await Task.Delay(Poll, time, cancellationToken);
        }

        File.Delete(statePath);
    }

    private static bool IsAzuriteOf(string dataDirectory, int processId, DateTime noted)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            if (process.HasExited)
            {
                return false;
            }

            // process ids are reused: a reused one has other arguments, where the system shows them, or started later
            return OperatingSystem.IsLinux()
                ? File.ReadAllText($"/proc/{processId}/cmdline").Split('\0').Contains(dataDirectory, StringComparer.Ordinal)
                : process.ProcessName.Contains("node", StringComparison.OrdinalIgnoreCase) && process.StartTime <= noted;
        }
        catch (Exception ex) when (ex is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            return false;
        }
    }

    private static async Task<bool> AnswersAsync(AzuritePorts ports, CancellationToken cancellationToken)
    {
        try
        {
            // the request is unsigned, so Azurite refuses it; the Server header shows that it was Azurite
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            using var response = await http.GetAsync(new Uri(ports.BlobEndpoint + "?comp=list"), cancellationToken);
            return response.Headers.TryGetValues("Server", out var server)
                && server.Any(s => s.StartsWith("Azurite", StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception ex) when (ex is HttpRequestException || (ex is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static async Task<AzuriteState?> TryReadAsync(string statePath, CancellationToken cancellationToken)
    {
        try
        {
            // the owner may delete the file meanwhile, which Windows refuses without FileShare.Delete
            await using var file = new FileStream(statePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return await JsonSerializer.DeserializeAsync(file, LocalStackJson.Default.AzuriteState, cancellationToken);
        }
        catch (Exception ex) when (ex is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static async Task WriteAsync(string statePath, AzuriteState state, CancellationToken cancellationToken)
    {
        var part = statePath + ".part";
        await File.WriteAllBytesAsync(part, JsonSerializer.SerializeToUtf8Bytes(state, LocalStackJson.Default.AzuriteState), cancellationToken);
        File.Move(part, statePath, overwrite: true);
    }
}

/// <summary>The file <c>azurite.json</c> in a data folder: process and ports of the Azurite that serves it.</summary>
public sealed record AzuriteState
{
    /// <summary>Azurite's process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The ports that it listens on.</summary>
    public required AzuritePorts Ports { get; init; }
}

/// <summary>JSON of the data folder's state file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AzuriteState))]
internal sealed partial class LocalStackJson : JsonSerializerContext;
