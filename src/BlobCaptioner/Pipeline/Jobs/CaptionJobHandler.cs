using Azure;
using Azure.Storage.Queues;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// Handles delivered messages, whoever owns their leases: each ends with a record, a later try, the poison queue, or is dropped. Calls share the model and may run at the
/// same time, as many as the model has slots and a few more.
/// </summary>
public sealed class CaptionJobHandler
{
    /// <summary>Deliveries after which no consumer handed the message back: it died each time before the model began.</summary>
    private const int MostDeaths = 10;
    private const int MostReturns = 100;
    private const int MostChanges = 10;
    private static readonly TimeSpan HandBackPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterTheLease = TimeSpan.FromSeconds(1);

    private readonly CaptionStorage _storage;
    private readonly JobServices _services;
    private readonly WorkerReport _report;

    /// <summary>Creates a handler.</summary>
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
    public CaptionJobHandler(
        CaptionStorage storage,
        ImagePreparer preparer,
        ICaptionModel model,
        Func<string, Profile> profiles,
        QueueLoopOptions? options = null,
        TimeProvider? time = null,
        Action<PipelineEvent>? onEvent = null,
        ILogger? logger = null,
        FolderSettings? settings = null,
        SpendCap? cap = null)
        : this(storage, preparer, model, profiles, options, time, onEvent, logger, (settings ?? new(storage, time: time)).ResolveAsync, cap)
    {
    }

    internal CaptionJobHandler(
        CaptionStorage storage, IImagePreparer preparer, ICaptionModel model, Func<string, Profile> profiles, QueueLoopOptions? options, TimeProvider? time,
        Action<PipelineEvent>? onEvent, ILogger? logger, ProfileResolver resolve, SpendCap? cap = null)
    {
        _storage = storage;
        var clock = time ?? TimeProvider.System;
        _report = new(clock, onEvent, logger ?? NullLogger.Instance);
        _services = new(storage, preparer, model, profiles, resolve, new QueueLoopOptionsValidator().Require(options ?? new()), clock, _report, cap);
    }

    /// <summary>Images that the model works on at once.</summary>
    public int Slots => _services.Slots;

    /// <summary>The queue, whose requests wait out outages.</summary>
    internal QueueClient Queue => _services.Storage.Captions;

    /// <summary>Handles a message. It is completed only after a record is written. Throws no exception.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="stop">Hands the job back, unless the model has begun it.</param>
    /// <param name="abort">Aborts the job and hands it back, without counting a try.</param>
    public async Task HandleAsync(JobDelivery delivery, CancellationToken stop, CancellationToken abort)
    {
        JobHint? hint = null;
        var span = CaptionTracing.StartProcess(_storage.Captions.Name, delivery.Id, delivery.Text, delivery.DequeueCount);
        try
        {
            if (!CaptionMessage.TryParse(delivery.Text, out hint, out var problem))
            {
                await PoisonUnreadableAsync(delivery, problem!, abort);
            }
            else if (hint!.Container != _storage.Images.Name)
            {
                await PoisonUnreadableAsync(delivery, $"The job is for container '{ImageNames.Printable(hint.Container)}'; this worker serves '{_storage.Images.Name}'.", abort);
            }
            else
            {
                PipelineMetrics.Taken(_storage.Captions.Name, _services.Time.GetUtcNow() - hint.EnqueuedAt);
                await WorkAsync(delivery, hint, stop, abort);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested || stop.IsCancellationRequested)
        {
            await HandBackAsync(delivery, hint, TimeSpan.Zero, "stopped");
        }
        catch (Exception error) when (error is RequestFailedException { Status: 400 or 414 } or ArgumentException)
        {
            // Storage will never take it.
            await GiveUpUnworkableAsync(delivery, error.Message, abort);
        }
        catch (Exception error)
        {
            // Storage failed for longer than its tolerance, or refuses. The image is not at fault, so no try is counted.
            await HandBackAfterErrorAsync(delivery, hint, error);
        }
        finally
        {
            span?.Dispose();
        }
    }

    private async Task WorkAsync(JobDelivery delivery, JobHint hint, CancellationToken stop, CancellationToken abort)
    {
        for (var changes = 0; ; changes++)
        {
            if (await _services.Tickets.ReadAsync(hint.Name, abort) is not { } seen)
            {
                _report.Dropped(hint.Name, RecordWrite.AlreadyThere);
                await delivery.CompleteAsync(abort);
                return;
            }

            if (seen.Ticket is not { } ticket)
            {
                // Without it the next sweep takes the picture in again.
                await _services.Tickets.TryDeleteAsync(Tickets.NameOf(_storage.Images.Name, hint.Name), seen.ETag, abort);
                await PoisonUnreadableAsync(delivery, $"The ticket of '{hint.Name}' can't be read and was removed.", abort);
                return;
            }

            CaptionTracing.Describe(ticket);
            if (seen.IsHeld && ticket.Message != delivery.Id)
            {
                // Its worker has a message of its own.
                _report.Publish(PipelineEventKind.Dropped, hint.Name, new("in-work", "Another worker describes it now.", "Nothing to do."));
                await delivery.CompleteAsync(abort);
                return;
            }

            if (seen.Busy > TimeSpan.Zero || changes == MostChanges)
            {
                // This is its worker's message, whose lease ran out, or it came before the time of the next try.
                await delivery.ReturnAsync(CaptionMessage.Format(hint with { Returned = hint.Returned + 1 }), (seen.Busy > TimeSpan.Zero ? seen.Busy : TimeSpan.Zero) + AfterTheLease, abort);
                return;
            }

            await using var scope = new JobScope(_services.Tickets, delivery, seen, _services.Options.Lease, _services.Time, _report.StorageTrouble);
            if (IsUnworkable(delivery, hint) is { } why)
            {
                await new JobEnd(_services, scope, delivery, hint, abort).GiveUpAsync(ticket, resolved: null, new("undeliverable", why, "Read the worker's log, then run: captioner sweep --retry-failed."));
                return;
            }

            if (await TryRunAsync(scope, delivery, hint, stop, abort))
            {
                return;
            }
        }
    }

    private async Task<bool> TryRunAsync(JobScope scope, JobDelivery delivery, JobHint hint, CancellationToken stop, CancellationToken abort)
    {
        var tries = scope.Ticket.Tries.Count;
        try
        {
            return await new JobRun(_services, scope, delivery, hint, stop, abort).RunAsync();
        }
        catch (OperationCanceledException) when (scope.Lost.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            _report.LeaseLost(hint.Name);
            PipelineMetrics.HandedBack("lease-lost");
            _report.Publish(PipelineEventKind.HandedBack, hint.Name, new("lease-lost", "Another worker has the job now.", "Nothing to do."));
            return false;
        }
        catch (Exception) when (scope.MayHold)
        {
            await FreeAsync(scope, delivery, tries);
            throw;
        }
    }

    // With the tries that it came with: an aborted try does not count. Best effort: otherwise the hold runs out.
    private async Task FreeAsync(JobScope scope, JobDelivery delivery, int tries)
    {
        try
        {
            using var patience = new CancellationTokenSource(HandBackPatience, _services.Time);
            await scope.TryFreeAsync(t => t with { Tries = [.. t.Tries.Take(tries)] }, TimeSpan.Zero, patience.Token);
        }
        catch (Exception error)
        {
            delivery.HeldOn = _services.Options.Lease + AfterTheLease;
            _report.JobInterrupted(error, scope.Ticket.Job.Name);
        }
    }

    private static string? IsUnworkable(JobDelivery delivery, JobHint hint)
    {
        var deaths = delivery.DequeueCount - 1 - hint.Returned;
        return deaths >= MostDeaths ? $"It was delivered {delivery.DequeueCount} times, and {deaths} workers died or stopped before they could write anything about it."
            : hint.Returned >= MostReturns ? $"It was handed back {hint.Returned} times without a result."
            : null;
    }

    private async Task HandBackAfterErrorAsync(JobDelivery delivery, JobHint? hint, Exception error)
    {
        _report.JobInterrupted(error, hint?.Name ?? delivery.Id);
        CaptionTracing.Fail(CaptionTracing.Current, error);
        _report.Publish(PipelineEventKind.StorageTrouble, hint?.Name ?? delivery.Id, new("storage", error.Message, "It is tried again."));
        await HandBackAsync(delivery, hint, Backoff.After((hint?.Returned ?? 0) + 1, _services.Options.RetryDelay, _services.Options.MaxRetryDelay), "storage");
    }

    private async Task HandBackAsync(JobDelivery delivery, JobHint? hint, TimeSpan delay, string reason)
    {
        try
        {
            // Best effort: otherwise the lease runs out.
            var text = hint is null ? delivery.Text : CaptionMessage.Format(hint with { Returned = hint.Returned + 1 });
            using var patience = new CancellationTokenSource(HandBackPatience, _services.Time);

            // A function's job comes back as another message, which would be dropped as needless while the ticket is held.
            await delivery.ReturnAsync(text, delivery.HeldOn > delay ? delivery.HeldOn : delay, patience.Token);
            PipelineMetrics.HandedBack(reason);
            _report.Publish(PipelineEventKind.HandedBack, hint?.Name ?? delivery.Id);
        }
        catch (Exception error)
        {
            _report.JobInterrupted(error, hint?.Name ?? delivery.Id);
        }
    }

    private async Task GiveUpUnworkableAsync(JobDelivery delivery, string problem, CancellationToken abort)
    {
        try
        {
            await PoisonUnreadableAsync(delivery, $"It can't be worked on: {problem}", abort);
        }
        catch (Exception error)
        {
            _report.JobInterrupted(error, delivery.Id);
        }
    }

    private async Task PoisonUnreadableAsync(JobDelivery delivery, string problem, CancellationToken abort)
    {
        await JobEnd.SendPoisonAsync(_services, new() { Code = "unreadable", Reason = problem, Text = delivery.Text, At = _services.Time.GetUtcNow() }, abort);
        _report.MessageUnreadable(delivery.Id, problem);
        _report.Publish(PipelineEventKind.Unreadable, delivery.Id, new("unreadable", problem, $"Read the queue '{_storage.Poison.Name}'."));
        await delivery.CompleteAsync(abort);
    }
}
