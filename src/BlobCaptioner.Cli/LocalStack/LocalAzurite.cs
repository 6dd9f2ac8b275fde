using System.ComponentModel;
using System.Text.Json;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>
/// The Azurite of a data folder, shared between processes: the first one to ask starts it and is its owner, the others attach to
/// it. The owner stops it; the others leave it running.
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

    /// <summary>Where it answers.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>For the Azure SDKs.</summary>
    public string ConnectionString => Ports.ConnectionString;

    /// <summary>True where this process started it and will stop it.</summary>
    public bool IsOwner => _process is not null;

    /// <summary>The child process; null where another process owns it.</summary>
    public AzuriteProcess? Process => _process;

    /// <summary>Attaches to the data folder's Azurite, or starts one.</summary>
    /// <param name="dataDirectory">The data folder; made if missing.</param>
    /// <param name="progress">Told what takes long, for people.</param>
    /// <param name="time">Time.</param>
    /// <param name="cancellationToken">Gives up and leaves nothing running that this process started.</param>
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
                // somebody owns it: it runs, or starts (first of all its install), or stops
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

    /// <summary>Stops it if this process owns it, with its data on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            File.Delete(_statePath);
            await _process.DisposeAsync();
        }

        _ownership?.Dispose();
    }

    /// <summary>The owner was killed: its Azurite notices and saves, which takes a moment. Two on one folder would ruin it.</summary>
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

            // process ids are used again: by a process with other arguments, where the system tells them, and by one that started later
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
            // unsigned, so it is refused; but refused by Azurite, which says so
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
            // the owner may remove it meanwhile, which Windows would refuse
            await using var file = new FileStream(statePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return await JsonSerializer.DeserializeAsync(file, CliJson.Default.AzuriteState, cancellationToken);
        }
        catch (Exception ex) when (ex is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static async Task WriteAsync(string statePath, AzuriteState state, CancellationToken cancellationToken)
    {
        var part = statePath + ".part";
        await File.WriteAllBytesAsync(part, JsonSerializer.SerializeToUtf8Bytes(state, CliJson.Default.AzuriteState), cancellationToken);
        File.Move(part, statePath, overwrite: true);
    }
}
