using System.Diagnostics;
using System.Text.RegularExpressions;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>
/// An Azurite that runs as a child of this process, on loopback. It watches a pipe that this process holds, so it saves its data and
/// stops with this process, even after <c>kill -9</c>. Ctrl-C in the terminal does not reach it.
/// </summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<AzuritePorts> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _log = new();
    private AzuritePorts _ports = AzuritePorts.AnyFree;

    private AzuriteProcess(Process process, AzuriteOptions options, TimeProvider time)
    {
        _process = process;
        _time = time;
        Options = options;
    }

    /// <summary>The options of its start.</summary>
    public AzuriteOptions Options { get; }

    /// <summary>The ports that it listens on.</summary>
    public AzuritePorts Ports => _ports;

    /// <summary>For the Azure SDKs.</summary>
    public string ConnectionString => _ports.ConnectionString;

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Its last lines of output, for messages.</summary>
    public string LogTail
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Completes when Azurite ends, for whatever reason.</summary>
    public Task Exited { get; private set; } = Task.CompletedTask;

    /// <summary>Installs Azurite on first use, starts it and waits until it answers.</summary>
    /// <param name="options">Data folder and ports.</param>
    /// <param name="progress">Receives messages for people about steps that take long.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels; no process is left running.</param>
    /// <exception cref="LocalStackException">It could not be installed or started.</exception>
    public static async Task<AzuriteProcess> StartAsync(
        AzuriteOptions options, IProgress<string>? progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var install = await AzuriteInstall.EnsureAsync(progress, time, cancellationToken);
        var ports = options.Ports ?? (AzuritePorts.Usual.FindTaken().Count == 0 ? AzuritePorts.Usual : AzuritePorts.AnyFree);
        try
        {
            return await StartAsync(install, options, ports, time, cancellationToken);
        }
        catch (PortTakenException) when (options.Ports is null && ports == AzuritePorts.Usual)
        {
            // another program took a port between the check and the start
            return await StartAsync(install, options, AzuritePorts.AnyFree, time, cancellationToken);
        }
        catch (PortTakenException ex)
        {
            throw new LocalStackException(
                $"Azurite can't listen on ports {ports.Blob}, {ports.Queue} and {ports.Table}: another program has one of them. " +
                $"Stop that program ('ss -ltnp' names it, 'netstat -ano' on Windows) or take other ports. Azurite wrote:\n{ex.Message}",
                ex);
        }
    }

    /// <summary>Asks it to stop, and kills it after 20 s. Its data is on disk when this returns.</summary>
    public async Task StopAsync()
    {
        if (!Exited.IsCompleted)
        {
            _process.StandardInput.Close();
            try
            {
                await Exited.WaitAsync(StopLimit, _time);
            }
            catch (TimeoutException)
            {
                _process.Kill();
                await Exited;
            }
        }
    }

    /// <summary>Kills it, as a power cut would. Data that is not on disk yet is lost. For tests.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Exited;
    }

    /// <inheritdoc cref="StopAsync"/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static async Task<AzuriteProcess> StartAsync(
        AzuriteInstall install, AzuriteOptions options, AzuritePorts ports, TimeProvider time, CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "-r", Path.Combine(AzuriteInstall.PackageFolder, "exit-with-parent.cjs"),
            "-r", Path.Combine(AzuriteInstall.PackageFolder, "list-any-name.cjs"), install.EntryPoint,
            "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
            "--blobPort", $"{ports.Blob}", "--queuePort", $"{ports.Queue}", "--tablePort", $"{ports.Table}",
        ];
        if (options.DataDirectory is { } directory)
        {
            MakeWritable(directory);
            arguments.AddRange(["--location", Path.GetFullPath(directory)]);
        }
        else
        {
            arguments.Add("--inMemoryPersistence");
        }

        var process = new Process
        {
            StartInfo = new(install.Node, arguments)
            {
                WorkingDirectory = options.DataDirectory ?? Path.GetTempPath(),
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,

                // On Windows this gives it its own console, so that Ctrl-C and a closed window don't reach it.
                CreateNoWindow = true,
            },
            EnableRaisingEvents = true,
        };
        var azurite = new AzuriteProcess(process, options, time);
        try
        {
            await azurite.LaunchAsync(cancellationToken);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exited = _process.WaitForExitAsync(CancellationToken.None);
        try
        {
            await Task.WhenAny(_listening.Task, Exited).WaitAsync(StartLimit, _time, cancellationToken);
        }
        catch (TimeoutException ex)
        {
            throw new LocalStackException($"Azurite was not ready after {StartLimit.TotalSeconds:0} s. It wrote:\n{LogTail}", ex);
        }

        if (!_listening.Task.IsCompleted)
        {
            if (LogTail.Contains("EADDRINUSE", StringComparison.Ordinal))
            {
                throw new PortTakenException(LogTail);
            }

            throw new LocalStackException(
                $"Azurite ended with {_process.ExitCode} while it started, in '{Options.DataDirectory ?? "memory"}'. It wrote:\n{LogTail}");
        }

        _ports = await _listening.Task;
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > 20)
            {
                _log.Dequeue();
            }
        }

        // the actual ports, which replace a 0; the table service comes last
        if (Listening().Match(line) is { Success: true } match)
        {
            var port = int.Parse(match.Groups["port"].ValueSpan);
            switch (match.Groups["service"].Value)
            {
                case "Blob":
                    _ports = _ports with { Blob = port };
                    break;
                case "Queue":
                    _ports = _ports with { Queue = port };
                    break;
                default:
                    _listening.TrySetResult(_ports with { Table = port });
                    break;
            }
        }
    }

    private static void MakeWritable(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".write-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new LocalStackException($"Azurite keeps its data in '{directory}', which can't be written: {ex.Message} Give another with --data.", ex);
        }
    }

    [GeneratedRegex("^Azurite (?<service>Blob|Queue|Table) service is successfully listening at http://127\\.0\\.0\\.1:(?<port>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();

    private sealed class PortTakenException(string log) : Exception(log);
}
