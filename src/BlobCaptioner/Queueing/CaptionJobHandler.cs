using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Intake;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Logging;
using Polly;

namespace BlobCaptioner.Queueing;

/// <summary>Takes one leased message to its end: a record and a deleted message, a later try, or the poison queue.</summary>
internal sealed partial class CaptionJobHandler(
    CaptionStorage storage,
    PreparedImages prepared,
    ICaptionModel model,
    Func<string, Profile> profiles,
    QueueLoopOptions options,
    SemaphoreSlim gate,
    TimeProvider time,
    Action<PipelineEvent>? onEvent,
    ILogger logger)
{
    private static readonly TimeSpan HandBackPatience = TimeSpan.FromSeconds(5);

    private readonly CaptionStore _store = new(storage);
    private readonly JobClaims _claims = new(storage, timeout: TimeSpan.Zero);
    private readonly ResiliencePipeline _outage = StorageOutage.CreateRetry(storage.Options, time, error =>
    {
        StorageTrouble(logger, error);
        onEvent?.Invoke(new()
        {
            Kind = PipelineEventKind.StorageTrouble,
            Name = storage.Images.Name,
            At = time.GetUtcNow(),
            Error = new("storage", error.Message, "It is tried again."),
        });
    });

    /// <summary>Handles a message. Whatever happens, the message is deleted only after its end is on record, and no exception gets out.</summary>
    /// <param name="lease">The message.</param>
    /// <param name="stop">Begin nothing new: a job that the model has not begun is handed back.</param>
    /// <param name="abort">Give up what runs, and hand it back.</param>
    public async Task HandleAsync(JobLease lease, CancellationToken stop, CancellationToken abort)
    {
        CaptionJob? job = null;
        try
        {
            if (!CaptionMessage.TryParse(lease.Text, out job, out var problem))
            {
                await PoisonUnreadableAsync(lease, problem!, abort);
            }
            else if (job!.Container != storage.Images.Name)
            {
                await PoisonUnreadableAsync(lease, $"The job is for container '{job.Container}'; this worker serves '{storage.Images.Name}'.", abort);
            }
            else
            {
                await DescribeAsync(lease, job, stop, abort);
            }
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested)
        {
            LeaseLost(job?.Name ?? lease.Id);
            Tell(PipelineEventKind.HandedBack, job?.Name ?? lease.Id, new("lease-lost", "Another worker has the job now, or its message is gone.", "Nothing to do."));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested || stop.IsCancellationRequested)
        {
            await HandBackAsync(lease, job, TimeSpan.Zero);
        }
        catch (Exception error)
        {
            // Storage was away for longer than is waited for, or refuses: not the picture's fault, so no try is counted.
            JobInterrupted(error, job?.Name ?? lease.Id);
            Tell(PipelineEventKind.StorageTrouble, job?.Name ?? lease.Id, new("storage", error.Message, "It is tried again."));
            await HandBackAsync(lease, job, Backoff.After(1, options.RetryDelay, options.MaxRetryDelay));
        }
    }

    private async Task DescribeAsync(JobLease lease, CaptionJob job, CancellationToken stop, CancellationToken abort)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, abort);
        Profile profile;
        try
        {
            profile = profiles(job.Profile);
        }
        catch (ArgumentException error)
        {
            await EndTryAsync(lease, job with { Tries = job.Tries + 1 }, null, new("unknown-profile", error.Message, "Start this worker with that profile."), abort);
            return;
        }

        LoadedJob loaded;
        using (var begin = CancellationTokenSource.CreateLinkedTokenSource(mine.Token, stop))
        {
            if (await LoadAsync(lease, job, profile, abort, begin.Token) is not { } ready)
            {
                return;
            }

            loaded = ready;
            await gate.WaitAsync(begin.Token);
        }

        var begun = job with { Tries = job.Tries + 1, LastError = null };
        var started = time.GetTimestamp();
        (Caption? Written, Exception? Problem) answer;
        try
        {
            stop.ThrowIfCancellationRequested();
            if (job.Tries >= options.MaxTries)
            {
                await GiveUpAsync(lease, job, profile, WorkerVanished(job), abort);
                return;
            }

            await RewriteAsync(lease, begun, mine.Token);
            Tell(PipelineEventKind.Started, job.Name);
            started = time.GetTimestamp();
            answer = await AskAsync(new() { Jpeg = loaded.Jpeg, Name = job.Name }, profile, mine.Token);
        }
        finally
        {
            gate.Release();
        }

        var elapsed = time.GetElapsedTime(started);
        if (answer.Written is not { } caption)
        {
            await EndWithoutCaptionAsync(lease, begun, profile, answer.Problem!, abort);
            return;
        }

        // From here on the work is worth more than the lease: conditions keep the write safe even if another worker has the message by now.
        var record = RecordDraft.Described(begun, profile, model.Info, caption, elapsed, time.GetUtcNow());
        var write = await WriteAsync(record, job.Replaces, loaded.Present, abort);
        if (write == RecordWrite.Written)
        {
            Tell(PipelineEventKind.Described, job.Name, error: null, record, elapsed, caption.Usage);
        }
        else
        {
            TellDropped(job.Name, write);
        }

        await CompleteAsync(lease, job, abort);
    }

    private async Task<(Caption? Written, Exception? Problem)> AskAsync(PreparedImage image, Profile profile, CancellationToken mine)
    {
        try
        {
            return (await model.DescribeAsync(image, profile, mine), null);
        }
        catch (Exception error) when (!mine.IsCancellationRequested)
        {
            return (null, error);
        }
    }

    private async Task EndWithoutCaptionAsync(JobLease lease, CaptionJob job, Profile profile, Exception problem, CancellationToken abort)
    {
        if (problem is CaptionException { Retry: false } never)
        {
            await RejectAsync(lease, job, profile, new(never.Code, never.Message, never.Remedy), model.Info, abort);
            return;
        }

        TryFailed(problem, job.Name, job.Tries, options.MaxTries);
        var error = problem is CaptionException known
            ? new RecordError(known.Code, known.Message, known.Remedy)
            : new("model-error", problem.Message, "Look into the worker's log, then run: captioner sweep --retry-failed.");
        await EndTryAsync(lease, job, profile, error, abort);
    }

    /// <summary>The prepared image, and the record that lies there; null where the job has come to its end without a model.</summary>
    private async Task<LoadedJob?> LoadAsync(JobLease lease, CaptionJob job, Profile profile, CancellationToken abort, CancellationToken begin)
    {
        var (end, present) = await _outage.ExecuteAsync(async cancel => await FindEndAsync(job, profile, cancel), begin);
        if (end is { } reason)
        {
            TellDropped(job.Name, reason);
            await CompleteAsync(lease, job, abort);
            return null;
        }

        if (await _outage.ExecuteAsync(async cancel => await prepared.LoadAsync(job.PreparedBlob, cancel), begin) is { } jpeg)
        {
            return new(jpeg, present);
        }

        // The lifecycle rule was faster than the queue.
        var source = await _outage.ExecuteAsync(async cancel => await prepared.PrepareAsync(job.Name, job.ETag, profile.ImageTokenBudget, cancel), begin);
        switch (source?.Outcome)
        {
            case PreparationOutcome.Prepared image:
                await _outage.ExecuteAsync(async cancel => await prepared.StoreAsync(job.PreparedBlob, image.Jpeg, cancel), begin);
                return new(image.Jpeg, present);
            case PreparationOutcome.Rejected why:
                await RejectAsync(lease, job, profile, new(why.Code, why.Message, why.Remedy), asked: null, abort);
                return null;
            default:
                TellDropped(job.Name, RecordWrite.ImageChanged);
                await CompleteAsync(lease, job, abort);
                return null;
        }
    }

    private async Task<(RecordWrite? End, StoredRecord? Present)> FindEndAsync(CaptionJob job, Profile profile, CancellationToken cancellationToken)
    {
        var etag = await _store.GetImageETagAsync(job.Name, cancellationToken);
        if (etag != job.ETag)
        {
            return (etag is null ? RecordWrite.ImageGone : RecordWrite.ImageChanged, null);
        }

        var present = await _store.ReadAsync(job.Name, cancellationToken);
        RecordWrite? end = present switch
        {
            null => null,
            { Record: null } => RecordWrite.Blocked,
            { Record: { Status: not RecordStatus.Failed } record } when present.ETag != job.Replaces && record.Image.ETag == etag
                && record.Fingerprint == Fingerprint.Compute(job.ContentHash, job.Preparation, profile.Version, record.Generation.ModelHash is null ? "" : model.Info.Hash)
                => RecordWrite.AlreadyThere,
            _ => null,
        };
        return (end, present);
    }

    private async Task EndTryAsync(JobLease lease, CaptionJob job, Profile? profile, RecordError error, CancellationToken abort)
    {
        if (job.Tries >= options.MaxTries)
        {
            await GiveUpAsync(lease, job, profile, error, abort);
            return;
        }

        Tell(PipelineEventKind.Retried, job.Name, error);
        var delay = Backoff.After(job.Tries, options.RetryDelay, options.MaxRetryDelay);
        var text = CaptionMessage.Format(job with { LastError = Cut($"{error.Code}: {error.Message}") });
        await _outage.ExecuteAsync(async cancel => await lease.HandBackAsync(text, delay, cancel), abort);
    }

    // Record, then poison, then delete: a crash in between repeats a step, and loses none.
    private async Task GiveUpAsync(JobLease lease, CaptionJob job, Profile? profile, RecordError error, CancellationToken abort)
    {
        var record = RecordDraft.Without(RecordStatus.Failed, job, profile, model.Info, error, time.GetUtcNow());
        var write = await WriteAsync(record, job.Replaces, abort);
        if (write == RecordWrite.Written)
        {
            GivenUp(job.Name, job.Tries, error.Code, error.Message);
            var poison = new PoisonMessage { Code = error.Code, Reason = Cut(error.Message), Job = job, At = time.GetUtcNow() };
            await SendPoisonAsync(poison, abort);
            Tell(PipelineEventKind.Failed, job.Name, error, record);
        }
        else
        {
            TellDropped(job.Name, write);
        }

        await CompleteAsync(lease, job, abort);
    }

    private async Task RejectAsync(JobLease lease, CaptionJob job, Profile profile, RecordError error, CaptionModelInfo? asked, CancellationToken abort)
    {
        var record = RecordDraft.Without(RecordStatus.Rejected, job, profile, asked, error, time.GetUtcNow());
        var write = await WriteAsync(record, job.Replaces, abort);
        if (write == RecordWrite.Written)
        {
            Tell(PipelineEventKind.Rejected, job.Name, error, record);
        }
        else
        {
            TellDropped(job.Name, write);
        }

        await CompleteAsync(lease, job, abort);
    }

    private async Task PoisonUnreadableAsync(JobLease lease, string problem, CancellationToken abort)
    {
        var text = lease.Text.Length <= 8000 ? lease.Text : lease.Text[..8000];
        await SendPoisonAsync(new() { Code = "unreadable", Reason = problem, Text = text, At = time.GetUtcNow() }, abort);
        MessageUnreadable(lease.Id, problem);
        Tell(PipelineEventKind.Unreadable, lease.Id, new("unreadable", problem, $"Look into the queue '{storage.Poison.Name}'."));
        await _outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), abort);
    }

    private async Task CompleteAsync(JobLease lease, CaptionJob job, CancellationToken abort)
    {
        await _outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), abort);
        await _outage.ExecuteAsync(async cancel => await _claims.ReleaseAsync(job.Claim, taken: null, cancel), abort);
    }

    private async Task HandBackAsync(JobLease lease, CaptionJob? job, TimeSpan delay)
    {
        try
        {
            // With the tries it came with: a try that we broke off is none. Best effort; otherwise the lease runs out by itself.
            var text = job is null ? lease.Text : CaptionMessage.Format(job);
            using var patience = new CancellationTokenSource(HandBackPatience, time);
            await lease.HandBackAsync(text, delay, patience.Token);
            Tell(PipelineEventKind.HandedBack, job?.Name ?? lease.Id);
        }
        catch (Exception error)
        {
            JobInterrupted(error, job?.Name ?? lease.Id);
        }
    }

    private ValueTask<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, CancellationToken abort) =>
        _outage.ExecuteAsync(async cancel => await _store.WriteAsync(record, replaces, cancel), abort);

    private ValueTask<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, StoredRecord? seen, CancellationToken abort) =>
        _outage.ExecuteAsync(async cancel => await _store.WriteAsync(record, replaces, seen, cancel), abort);

    private async Task SendPoisonAsync(PoisonMessage message, CancellationToken abort) =>
        await _outage.ExecuteAsync(
            async cancel => await storage.Poison.SendMessageAsync(CaptionMessage.Format(message), timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancel),
            abort);

    private async Task RewriteAsync(JobLease lease, CaptionJob job, CancellationToken mine) =>
        await _outage.ExecuteAsync(async cancel => await lease.RewriteAsync(CaptionMessage.Format(job), cancel), mine);

    private RecordError WorkerVanished(CaptionJob job) => job.LastError is { } last
        ? new("gave-up", last, "Run: captioner sweep --retry-failed.")
        : new(
            "worker-vanished",
            $"The worker ended without a word while it described '{job.Name}', {job.Tries} times of {options.MaxTries}.",
            "Look into the worker's log for what ended it (memory?), then run: captioner sweep --retry-failed.");

    private void TellDropped(string name, RecordWrite why) => Tell(
        why == RecordWrite.Blocked ? PipelineEventKind.Blocked : PipelineEventKind.Dropped,
        name,
        why switch
        {
            RecordWrite.ImageGone => new("image-gone", "The image was deleted.", "Nothing to do."),
            RecordWrite.ImageChanged => new("image-changed", "The image was replaced.", "Nothing to do: the newer version has its own job."),
            RecordWrite.Blocked => new(
                "record-name-taken",
                $"'{ImageNames.RecordFor(name)}' lies where the record of '{name}' belongs, and is not a caption record.",
                "Rename or delete that file, then run the sweep."),
            _ => new("done-already", "An up-to-date record is there.", "Nothing to do."),
        });

    private void Tell(
        PipelineEventKind kind, string name, RecordError? error = null, CaptionRecord? record = null, TimeSpan? elapsed = null, CaptionUsage? usage = null) =>
        onEvent?.Invoke(new() { Kind = kind, Name = name, At = time.GetUtcNow(), Error = error, Record = record, Elapsed = elapsed, Usage = usage });

    private static string Cut(string text) => text.Length <= 2000 ? text : text[..2000];

    [LoggerMessage(19, LogLevel.Warning, "Storage failed; it is tried again")]
    private static partial void StorageTrouble(ILogger logger, Exception error);

    [LoggerMessage(20, LogLevel.Warning, "'{Name}': the lease was lost; another worker has the job now")]
    private partial void LeaseLost(string name);

    [LoggerMessage(21, LogLevel.Warning, "'{Name}': interrupted and handed back")]
    private partial void JobInterrupted(Exception error, string name);

    [LoggerMessage(22, LogLevel.Warning, "'{Name}': try {Tries} of {MaxTries} failed")]
    private partial void TryFailed(Exception error, string name, int tries, int maxTries);

    [LoggerMessage(23, LogLevel.Error, "'{Name}': given up after {Tries} tries. {Code}: {Reason}")]
    private partial void GivenUp(string name, int tries, string code, string reason);

    [LoggerMessage(24, LogLevel.Error, "Message {Id} can't be read and went to the poison queue: {Problem}")]
    private partial void MessageUnreadable(string id, string problem);

    private sealed record LoadedJob(ReadOnlyMemory<byte> Jpeg, StoredRecord? Present);
}
