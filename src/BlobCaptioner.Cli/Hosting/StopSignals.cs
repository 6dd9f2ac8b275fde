using System.Runtime.InteropServices;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>
/// Ctrl-C and the like, in two steps: the first asks to stop, and what runs is finished; the second gives it up at once.
/// SIGTERM and a closed terminal count as the first.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action _asked;
    private bool _isEnding;

    /// <summary>Starts to listen.</summary>
    /// <param name="asked">Told at the first signal; says to people that another one aborts.</param>
    public StopSignals(Action asked)
    {
        _asked = asked;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    /// <summary>Cancelled at the first signal: take nothing new, finish what runs.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled at the second: give up what runs. Its queue messages come back when their leases end.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isEnding)
        {
            // Windows would wait here for the handler that waits for this process to end.
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
                _asked();
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

    /// <summary>True where the process ends when the handler returns, as Windows has it for a closed console (SIGHUP) and at shutdown (SIGTERM): the handler must outlast Main.</summary>
    internal static bool IsEnd(PosixSignal signal, bool isWindows) => isWindows && signal is PosixSignal.SIGHUP or PosixSignal.SIGTERM;
}
