using System.Diagnostics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Runs a <see cref="CaptionQueueLoop"/> as long as its host lives: loads the model once, warms it up, works, and drains when the host stops.</summary>
/// <remarks>
/// It drains before any other hosted service stops, so health and metrics stay served meanwhile. First it takes no more jobs and finishes the running ones. When
/// <see cref="WorkerOptions.HandBackTime"/> is left of the grace, it aborts running jobs and makes their messages visible to other workers at once.
/// A model that is still loading has no jobs: it gets <see cref="WorkerOptions.HandBackTime"/> to stop, and the process ends even if it does not.
/// </remarks>
public sealed partial class CaptionWorker(
    CaptionStorage storage, ImagePreparer preparer, CaptionModelFactory load, QueueSetup setup, WorkerOptions options, WorkerState state,
    IHostApplicationLifetime host, TimeProvider time, ILoggerFactory logging) : BackgroundService, IHostedLifecycleService
{
    private readonly ILogger<CaptionWorker> _logger = logging.CreateLogger<CaptionWorker>();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private volatile CaptionQueueLoop? _loop;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drains; returns when all jobs are finished or handed back.</summary>
    /// <param name="cancellationToken">The host's own limit: running jobs are aborted at once.</param>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (ExecuteTask is not { } work)
        {
            return;
        }

        state.Enter(WorkerPhase.Draining);
        await _stop.CancelAsync();

        // A loop that begins from here on takes no job: it is stopped already.
        var finish = _loop is null ? TimeSpan.Zero : options.ShutdownGrace - options.HandBackTime;
        Draining(_loop?.InHand ?? 0, finish);
        await using var limit = cancellationToken.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
        using var waited = new CancellationTokenSource();
        await Task.WhenAny(work, Task.Delay(finish, time, waited.Token));
        await waited.CancelAsync();
        if (!work.IsCompleted)
        {
            if (_loop is { InHand: > 0 and var left })
            {
                HandingBack(left);
            }

            await _abort.CancelAsync();
        }

        // The model may be loading in native code that can't be stopped; the process then ends during it.
        await work.WaitAsync(options.HandBackTime, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        state.Enter(WorkerPhase.Ended);
    }

    /// <summary>Does nothing: <see cref="StoppingAsync"/> has waited already.</summary>
    /// <param name="cancellationToken">Ignored.</param>
    public override Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ICaptionModel? model = null;
        try
        {
            var began = Stopwatch.GetTimestamp();
            model = await SelfTest.WarmUpAsync(load, preparer, setup.Profile, _stop.Token);
            Warm(model.Info.Name, model.Info.Engine, Stopwatch.GetElapsedTime(began));
            var loop = new CaptionQueueLoop(
                storage, preparer, model, BuiltInProfiles.Lookup(setup.Profile), setup.Queue, time, setup.OnEvent, logging.CreateLogger<CaptionQueueLoop>(),
                cap: setup.Cap);
            _loop = loop;
            state.Enter(WorkerPhase.Ready);
            await loop.RunAsync(_stop.Token, _abort.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // Any exception: without a model or a loop the worker is useless, and the platform starts it again.
            state.Fail(error.Message);
            Failed(error.Message, error);

            // Only once the host has started: stopping it earlier makes it throw, and the exit code would not be ours.
            host.ApplicationStarted.Register(host.StopApplication);
        }
        finally
        {
            _loop = null;
            await DisposeAsync(model);
        }
    }

    internal static async ValueTask DisposeAsync(ICaptionModel? model)
    {
        if (model is IAsyncDisposable late)
        {
            await late.DisposeAsync();
        }
        else
        {
            (model as IDisposable)?.Dispose();
        }
    }

    [LoggerMessage(1100, LogLevel.Information, "The model '{Model}' on {Engine} is warm after {Took}; taking jobs")]
    private partial void Warm(string model, string engine, TimeSpan took);

    [LoggerMessage(1101, LogLevel.Information, "Stopping: no more jobs are taken; {Count} running jobs have {Time} to finish")]
    private partial void Draining(int count, TimeSpan time);

    [LoggerMessage(1102, LogLevel.Warning, "{Count} jobs did not finish in time and are handed back to the queue")]
    private partial void HandingBack(int count);

    [LoggerMessage(1103, LogLevel.Critical, "The worker can't go on and ends with exit code 1: {Reason}")]
    private partial void Failed(string reason, Exception error);
}
