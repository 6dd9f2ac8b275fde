using System.Threading.Channels;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Keeps the queue filled: sweeps repeatedly, and takes in pictures that were uploaded here at once.</summary>
internal sealed class SweepFeed(Sweep sweep, CaptionRunOptions options, IRunReport report, RunTally tally, TimeProvider time)
{
    // The next sweep finds pictures beyond this limit.
    private const int MaxNames = 10_000;
    private static readonly TimeSpan IdlePoll = TimeSpan.FromMilliseconds(100);

    private readonly Channel<string> _names = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxNames) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, SingleWriter = false, AllowSynchronousContinuations = false });

    // The model needs the same cores, and pictures prepared far ahead of it gain nothing.
    private readonly SweepRequest _request = new() { Profile = options.Profile, Parallelism = Math.Clamp(Environment.ProcessorCount / 2, 1, 64) };

    /// <summary>Takes in a picture at once, even during a sweep.</summary>
    public void TakeIn(string name) => _names.Writer.TryWrite(name);

    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until a sweep finds nothing to do, or only the errors of the sweep before.</summary>
    /// <returns>True if nothing is left to do.</returns>
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
                if (options.Once && found is { Enqueued: 0, InFlight: 0, Products: 0, ProductsInFlight: 0 } && (found.Errors == 0 || found.Errors == errors)
                    && (found.Paused == 0 || tally.Read() is { Waiting: 0, InWork: 0 }))
                {
                    return found.Errors + found.Paused == 0;
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
            await Task.Delay(IdlePoll, time, stop);
        }
        while (time.GetElapsedTime(began) < longest && tally.Read() is { Waiting: > 0 } or { InWork: > 0 });
    }
}
