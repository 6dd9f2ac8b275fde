using System.Threading.Channels;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Keeps the queue filled: sweeps again and again, and takes in by name, at once, what was uploaded here.</summary>
internal sealed class SweepFeed(Sweep sweep, CaptionRunOptions options, IRunReport report, RunTally tally, TimeProvider time)
{
    // The next sweep finds what comes beyond these.
    private const int MostNames = 10_000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Channel<string> _names = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostNames) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, SingleWriter = false, AllowSynchronousContinuations = false });

    // The model works on the same cores, and pictures that are prepared far ahead of it help nobody.
    private readonly SweepRequest _request = new() { Profile = options.Profile, Parallelism = Math.Clamp(Environment.ProcessorCount / 2, 1, 64) };

    /// <summary>Has a picture taken in now, whatever a sweep is at.</summary>
    public void TakeIn(string name) => _names.Writer.TryWrite(name);

    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until a sweep finds nothing to do, or only what went wrong in the one before too.</summary>
    /// <returns>True where nothing is left to do.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var named = sweep.TakeAsync(_names.Reader.ReadAllAsync(stop), _request, stop);
        try
        {
            return await SweepAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            _names.Writer.TryComplete();
            await named.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> SweepAsync(CancellationToken stop)
    {
        for (var errors = 0L; ;)
        {
            if (await sweep.TryRunAsync(_request, stop) is { } found)
            {
                tally.Add(found);
                report.Add(found);
                if (options.Once && found is { Enqueued: 0, InFlight: 0, Products: 0, ProductsInFlight: 0 } && (found.Errors == 0 || found.Errors == errors))
                {
                    return found.Errors == 0;
                }

                errors = found.Errors;
            }

            var pause = sweep.Pace.Pause(options.SweepInterval);
            await (options.Once ? WaitUntilIdleAsync(pause, stop) : Task.Delay(pause, time, stop));
        }
    }

    private async Task WaitUntilIdleAsync(TimeSpan longest, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        do
        {
            await Task.Delay(Look, time, stop);
        }
        while (time.GetElapsedTime(began) < longest && tally.Read() is { Waiting: > 0 } or { InWork: > 0 });
    }
}
