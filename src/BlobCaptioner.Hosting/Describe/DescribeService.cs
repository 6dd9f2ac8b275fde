using System.Diagnostics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Describe;

/// <summary>Holds the warm model of a function app, and describes what the function <c>Describe</c> is given. All calls share the model and its batches.</summary>
/// <remarks>
/// The model is loaded in the background, once a process: the platform allows a start only a minute. Where it can't be loaded that is tried again, with growing waits, since a
/// process that ends is only started anew by the platform, and a few times.
/// When the process is told to stop, or the host cancels a call, jobs go back to the queue at once. That counts no try.
/// </remarks>
public sealed partial class DescribeService(
    CaptionStorage storage, ImagePreparer preparer, CaptionModelFactory load, QueueSetup setup, DescribeOptions options, IConfiguration configuration, TimeProvider time, ILoggerFactory logging)
    : BackgroundService, IHostedLifecycleService
{
    // The platform kills the process soon after it has told it to stop.
    private static readonly TimeSpan HandBackTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly ILogger<DescribeService> _logger = logging.CreateLogger<DescribeService>();
    private readonly TaskCompletionSource<CaptionJobHandler> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private int _inHand;

    /// <summary>Calls in hand, those that wait for the model among them.</summary>
    public int InHand => Volatile.Read(ref _inHand);

    /// <summary>Brings a job to its record, or back into the queue.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="cancellationToken">The host's: it is about to end the call, or the process.</param>
    /// <exception cref="Exception">The job is neither over nor back in the queue, since storage failed. The host delivers the message again.</exception>
    public async Task DescribeAsync(ForwardedDelivery delivery, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        Interlocked.Increment(ref _inHand);
        try
        {
            using var limit = new CancellationTokenSource(options.MaxDuration, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, limit.Token, cancellationToken);
            if (await FindHandlerAsync(end.Token) is { } handler)
            {
                await handler.HandleAsync(delivery, stop: end.Token, abort: end.Token);
                if (limit.IsCancellationRequested)
                {
                    TookTooLong(delivery.Id, options.MaxDuration);
                }
            }
            else
            {
                // Told to stop, it has a moment left: another process may take the job at once.
                var delay = end.IsCancellationRequested ? TimeSpan.Zero : options.ReturnDelay;
                StillLoading(delivery.Id, delay);
                using var patience = new CancellationTokenSource(HandBackTime, time);
                await delivery.ReturnAsync(delivery.Text, delay, patience.Token);
            }

            if (!delivery.IsSettled)
            {
                throw new InvalidOperationException($"Message {delivery.Id} is neither done nor back in the queue; the host delivers it again. The log has the cause.");
            }
        }
        finally
        {
            if (Interlocked.Decrement(ref _inHand) == 0 && _stop.IsCancellationRequested)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Hands jobs back and frees the model, before the connection to the host is closed.</summary>
    /// <param name="cancellationToken">The host's own limit.</param>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (InHand == 0)
        {
            _drained.TrySetResult();
        }

        // The model may be loading in native code that can't be stopped; the process then ends during it.
        await (ExecuteTask ?? Task.CompletedTask).WaitAsync(HandBackTime, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ICaptionModel? model = null;
        try
        {
            model = await LoadAsync();
            foreach (var problem in HostConcurrency.Read(configuration, AppContext.BaseDirectory).Problems(setup.Queue.Slots ?? model.Concurrency, options.MaxDuration))
            {
                DoesNotFit(problem);
            }

            var handler = new CaptionJobHandler(
                storage, preparer, model, BuiltInProfiles.Lookup(setup.Profile), setup.Queue, time, setup.OnEvent, logging.CreateLogger<CaptionJobHandler>(), cap: setup.Cap);
            _ready.SetResult(handler);
            await _drained.Task;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        finally
        {
            await CaptionWorker.DisposeAsync(model);
        }
    }

    private async Task<CaptionJobHandler?> FindHandlerAsync(CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await _ready.Task.WaitAsync(options.ModelWait, time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<ICaptionModel> LoadAsync()
    {
        for (var pause = TimeSpan.FromSeconds(5); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                var model = await SelfTest.WarmUpAsync(load, preparer, setup.Profile, _stop.Token);
                Warm(model.Info.Name, model.Info.Engine, Stopwatch.GetElapsedTime(began));
                return model;
            }
            catch (Exception error) when (!_stop.IsCancellationRequested)
            {
                // Any exception: without a model the app describes nothing, and jobs wait in the queue.
                NotLoaded(error, error.Message, pause);
                await Task.Delay(pause, time, _stop.Token);
            }
        }
    }

    [LoggerMessage(1200, LogLevel.Information, "The model '{Model}' on {Engine} is warm after {Took}; describing")]
    private partial void Warm(string model, string engine, TimeSpan took);

    [LoggerMessage(1201, LogLevel.Critical, "The model can't be used; it is tried again in {Pause}. Jobs wait in the queue. {Reason}")]
    private partial void NotLoaded(Exception error, string reason, TimeSpan pause);

    [LoggerMessage(1202, LogLevel.Warning, "{Problem}")]
    private partial void DoesNotFit(string problem);

    [LoggerMessage(1203, LogLevel.Warning, "Message {Id}: the model is not ready; the job comes again in {Delay}")]
    private partial void StillLoading(string id, TimeSpan delay);

    [LoggerMessage(1204, LogLevel.Warning, "Message {Id}: its call took {Limit}, and the job went back to the queue. Is batchSize too large, or the model too slow?")]
    private partial void TookTooLong(string id, TimeSpan limit);
}
