using Azure.Storage.Queues.Models;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// The worker: takes jobs from the queue, as many as the model has slots and a few more, and brings each to a record.
/// Any number of loops, in any number of processes, may share a queue.
/// </summary>
public sealed partial class CaptionQueueLoop
{
    private const int MaxMessagesPerReceive = 32;
    private static readonly TimeSpan ReceiveGrace = TimeSpan.FromSeconds(2);

    private readonly CaptionStorage _storage;
    private readonly QueueLoopOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<PipelineEvent>? _onEvent;
    private readonly ILogger _logger;
    private readonly CaptionJobHandler _handler;
    private readonly SpendCap? _cap;
    private readonly Places _room;
    private readonly int _capacity;
    private volatile bool _endsWhenEmpty;

    /// <summary>Creates a worker.</summary>
    /// <param name="storage">The images, the prepared images and the queue.</param>
    /// <param name="preparer">Prepares an image again if the prepared image was deleted.</param>
    /// <param name="model">Describes the images.</param>
    /// <param name="profiles">Returns the profile of a name; throws <see cref="ArgumentException"/> for an unknown one.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    /// <param name="onEvent">Called for each event; must be thread-safe.</param>
    /// <param name="logger">Null logs nothing.</param>
    /// <param name="settings">The folders' settings; null reads them from the store.</param>
    /// <param name="cap">The day's budget; null for none.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public CaptionQueueLoop(
        CaptionStorage storage,
        ImagePreparer preparer,
        ICaptionModel model,
        Func<string, Profile> profiles,
        QueueLoopOptions? options = null,
        TimeProvider? time = null,
        Action<PipelineEvent>? onEvent = null,
        ILogger<CaptionQueueLoop>? logger = null,
        FolderSettings? settings = null,
        SpendCap? cap = null)
        : this(storage, preparer, model, profiles, options, time, onEvent, logger, (settings ?? new(storage, time: time)).ResolveAsync, cap)
    {
    }

    internal CaptionQueueLoop(
        CaptionStorage storage, IImagePreparer preparer, ICaptionModel model, Func<string, Profile> profiles, QueueLoopOptions? options, TimeProvider? time,
        Action<PipelineEvent>? onEvent, ILogger<CaptionQueueLoop>? logger, ProfileResolver resolve, SpendCap? cap = null)
    {
        _storage = storage;
        _options = new QueueLoopOptionsValidator().Require(options ?? new());
        _time = time ?? TimeProvider.System;
        _onEvent = onEvent;
        _logger = (ILogger?)logger ?? NullLogger.Instance;
        _handler = new(storage, preparer, model, profiles, _options, _time, onEvent, logger, resolve, cap);
        _cap = cap;
        _capacity = _handler.Slots + (_options.Prefetch ?? _handler.Slots + 4);
        _room = new(_capacity);
    }

    /// <summary>Jobs in hand: loading, with the model, or being written.</summary>
    public int InHand => _capacity - _room.Free;

    /// <summary>Lets <see cref="RunAsync"/> return once the queue has no message, including those that other workers hold or that wait for a later try.</summary>
    public void EndWhenEmpty() => _endsWhenEmpty = true;

    /// <summary>Works until it is stopped, or until the queue is empty after <see cref="EndWhenEmpty"/>. Call it once.</summary>
    /// <param name="stopReceiving">Takes no more jobs, hands back jobs that the model has not begun, finishes the others and returns.</param>
    /// <param name="abort">Aborts running jobs and hands them back, without counting a try.</param>
    public async Task RunAsync(CancellationToken stopReceiving, CancellationToken abort)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopReceiving, abort);

        // A cancelled receive may have taken messages whose answer is lost: they would stay invisible until their lease ends. So it gets a moment to finish.
        using var receive = CancellationTokenSource.CreateLinkedTokenSource(abort);
        using var ended = new CancellationTokenSource();
        var grace = EndReceivingAsync(receive, stopReceiving, ended.Token);
        try
        {
            await ReceiveAsync(stop.Token, receive.Token, abort);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        for (var taken = 0; taken < _capacity; taken++)
        {
            await _room.TakeAsync(CancellationToken.None);
        }

        _room.Release(_capacity);
        ended.Cancel();
        await grace;
        await (abort.IsCancellationRequested ? Task.CompletedTask : _cap?.FlushAsync(abort) ?? Task.CompletedTask);
    }

    private async Task EndReceivingAsync(CancellationTokenSource receive, CancellationToken stopReceiving, CancellationToken ended)
    {
        try
        {
            using var first = CancellationTokenSource.CreateLinkedTokenSource(stopReceiving, ended);
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, first.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await Task.Delay(ReceiveGrace, _time, ended);
            receive.Cancel();
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private async Task ReceiveAsync(CancellationToken stop, CancellationToken receive, CancellationToken abort)
    {
        var emptyPolls = 0;
        while (!stop.IsCancellationRequested)
        {
            await _room.TakeAsync(stop);
            var wanted = 1;
            while (wanted < MaxMessagesPerReceive && _room.TryTake())
            {
                wanted++;
            }

            var taken = 0;
            try
            {
                var messages = await _storage.Captions.ReceiveMessagesAsync(wanted, _options.Lease, receive);
                taken = messages.Value.Length;
                foreach (var message in messages.Value)
                {
                    _ = HandleAsync(message, stop, abort);
                }

                emptyPolls = taken == 0 ? emptyPolls + 1 : 0;
            }
            catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                emptyPolls++;
                ReceiveFailed(error, _storage.Captions.Name);
                PipelineMetrics.Count(PipelineEventKind.StorageTrouble, code: null, PipelineMetrics.Worker);
                _onEvent?.Invoke(new()
                {
                    Kind = PipelineEventKind.StorageTrouble,
                    Name = _storage.Captions.Name,
                    At = _time.GetUtcNow(),
                    Error = new("storage", error.Message, "It is tried again."),
                });
            }
            finally
            {
                if (taken < wanted)
                {
                    _room.Release(wanted - taken);
                }
            }

            if (emptyPolls > 0)
            {
                await (_cap?.SettleAsync(receive) ?? Task.CompletedTask);
                if (_endsWhenEmpty && InHand == 0 && await IsEmptyAsync(receive))
                {
                    return;
                }

                await Task.Delay(Backoff.After(emptyPolls, _options.MinPoll, _options.MaxPoll), _time, stop);
            }
        }
    }

    private async Task HandleAsync(QueueMessage message, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            await using var lease = new JobLease(_handler.Queue, message, _options.Lease, _time, error => RenewalFailed(error, message.MessageId));
            await _handler.HandleAsync(lease, stop, abort);
        }
        catch (Exception error)
        {
            HandlerFailed(error, message.MessageId);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount == 0;
        }
        catch (Exception error) when (StorageOutage.IsTransient(error, cancellationToken))
        {
            return false;
        }
    }

    [LoggerMessage(10, LogLevel.Warning, "Receiving from the queue '{Queue}' failed; it is tried again")]
    private partial void ReceiveFailed(Exception error, string queue);

    [LoggerMessage(11, LogLevel.Warning, "Renewing message {Id} failed; it is tried again")]
    private partial void RenewalFailed(Exception error, string id);

    [LoggerMessage(12, LogLevel.Critical, "Message {Id}: its handler failed; the message returns to the queue when its lease ends")]
    private partial void HandlerFailed(Exception error, string id);
}
