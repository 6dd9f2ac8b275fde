using System.Runtime.InteropServices;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>
/// Stops a command in two steps: the first Ctrl-C finishes running work, the second aborts it.
/// SIGTERM and a closed terminal count as a first Ctrl-C.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action _onStop;
    private bool _isEnding;

    /// <summary>Starts listening for signals.</summary>
    /// <param name="onStop">Called at the first signal, to tell people what happens now.</param>
    public StopSignals(Action onStop)
    {
        _onStop = onStop;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    /// <summary>Cancelled at the first signal: take no new work, finish running work.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled at the second Ctrl-C: abort running work. Its queue messages become visible again when their leases end.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isEnding)
        {
            // On Windows this would wait for the handler, which waits for the process to end.
            return;
        }

        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
        _abort.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        var isEnd = IsEnd(context.Signal, OperatingSystem.IsWindows());
        _isEnding |= isEnd;
        lock (_registrations)
        {
            if (!_stop.IsCancellationRequested)
            {
                _onStop();
                _stop.Cancel();
            }
            else if (context.Signal == PosixSignal.SIGINT)
            {
                _abort.Cancel();
            }
        }

        if (isEnd)
        {
            Thread.Sleep(Timeout.Infinite);
        }
    }

    /// <summary>True if the process ends when the handler returns, as on Windows for a closed console (SIGHUP) and at shutdown (SIGTERM). The handler must outlast Main then.</summary>
    internal static bool IsEnd(PosixSignal signal, bool isWindows) => isWindows && signal is PosixSignal.SIGHUP or PosixSignal.SIGTERM;
}
