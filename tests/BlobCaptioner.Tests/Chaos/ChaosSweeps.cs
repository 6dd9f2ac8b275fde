using System.Text.Json;
using BlobCaptioner.Tests.Cli;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>Processes of <c>captioner sweep</c>, one after the other.</summary>
internal sealed class ChaosSweeps : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ChaosOptions _options;
    private readonly string[] _arguments;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private volatile CaptionerProcess? _process;
    private long _upToDate;

    /// <summary>Starts the first.</summary>
    public ChaosSweeps(string folder, string connection, ChaosOptions options)
    {
        (_folder, _options, _arguments) = (folder, options, Arguments(connection));
        _running = RunAsync();
    }

    /// <summary>Sweeps that ended by themselves and found no error.</summary>
    public int Ended { get; private set; }

    /// <summary>Sweeps that were killed.</summary>
    public int Killed { get; private set; }

    /// <summary>How many pictures the last whole sweep found up to date.</summary>
    public long UpToDate => Interlocked.Read(ref _upToDate);

    /// <summary>What to call for a sweep of a store.</summary>
    public static string[] Arguments(string connection) => ["sweep", "--json", "--profile", "sample", "--connection", connection];

    /// <summary><c>kill -9</c> for the one that runs, if one does.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } running)
        {
            Killed++;
            await running.KillAsync();
        }
    }

    /// <summary>Lets none run any more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        if (_process is { HasExited: false } running)
        {
            await running.KillAsync();
        }

        await _running;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var pace = new PeriodicTimer(_options.SweepEvery);
        try
        {
            while (true)
            {
                await using var sweep = CaptionerProcess.Start(_folder, _arguments);
                _process = sweep;
                await (_stop.IsCancellationRequested ? sweep.KillAsync() : sweep.Ended);
                _process = null;
                if (sweep.Output is [.., var last] && last.EndsWith('}'))
                {
                    using var summary = JsonDocument.Parse(last);
                    Interlocked.Exchange(ref _upToDate, summary.RootElement.GetProperty("upToDate").GetInt64());
                    Ended++;
                }

                await pace.WaitForNextTickAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }
}
