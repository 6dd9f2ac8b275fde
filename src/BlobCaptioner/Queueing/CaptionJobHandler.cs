using BlobCaptioner.Captioning;
using BlobCaptioner.Intake;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;
using Microsoft.Extensions.Logging;
using Polly;

namespace BlobCaptioner.Queueing;

/// <summary>Takes one leased message to its end: a record and a deleted message, a later try, or the poison queue.</summary>
internal sealed partial class CaptionJobHandler
{
    private const int TriesBeforeAlone = 2;
    private static readonly TimeSpan HandBackPatience = TimeSpan.FromSeconds(5);

    private readonly CaptionStorage _storage;
    private readonly ICaptionModel _model;
    private readonly Func<string, Profile> _profiles;
    private readonly QueueLoopOptions _options;
    private readonly ModelGate _gate;
    private readonly TimeProvider _time;
    private readonly Action<PipelineEvent>? _onEvent;
    private readonly ILogger _logger;
    private readonly CaptionStore _store;
    private readonly JobClaims _claims;
    private readonly ResiliencePipeline _outage;
    private readonly JobLoader _loader;

    public CaptionJobHandler(
        CaptionStorage storage,
        PreparedImages prepared,
        ICaptionModel model,
        Func<string, Profile> profiles,
        QueueLoopOptions options,
        ModelGate gate,
        TimeProvider time,
        Action<PipelineEvent>? onEvent,
        ILogger logger)
    {
        (_storage, _model, _profiles, _options, _gate) = (storage, model, profiles, options, gate);
        (_time, _onEvent, _logger) = (time, onEvent, logger);
        _store = new(storage);
        _claims = new(storage, timeout: TimeSpan.Zero);
        _outage = StorageOutage.CreateRetry(storage.Options, time, error =>
        {
            StorageTrouble(error);
            Tell(PipelineEventKind.StorageTrouble, storage.Images.Name, new("storage", error.Message, "It is tried again."));
        });
        _loader = new(_store, prepared, model.Info.Hash, _outage);
    }

    /// <summary>Handles a message. Whatever happens, the message is deleted only after its end is on record, and no exception gets out.</summary>
    /// <param name="lease">The message.</param>
    /// <param name="stop">Begin nothing new: a job that the model has not begun is handed back.</param>
    /// <param name="abort">Give up what runs, and hand it back.</param>
    public async Task HandleAsync(JobLease lease, CancellationToken stop, CancellationToken abort)
    {
        CaptionJob? job = null;
        var span = CaptionTracing.Current;
        try
        {
            if (!CaptionMessage.TryParse(lease.Text, out job, out var problem))
            {
                await PoisonUnreadableAsync(lease, problem!, abort);
            }
            else if (job!.Container != _storage.Images.Name)
            {
                await PoisonUnreadableAsync(lease, $"The job is for container '{job.Container}'; this worker serves '{_storage.Images.Name}'.", abort);
            }
            else
            {
                PipelineMetrics.Taken(_storage.Captions.Name, _time.GetUtcNow() - job.EnqueuedAt);
                await DescribeAsync(lease, job, stop, abort);
            }
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested)
        {
            LeaseLost(job?.Name ?? lease.Id);
            PipelineMetrics.HandedBack("lease-lost");
            Tell(PipelineEventKind.HandedBack, job?.Name ?? lease.Id, new("lease-lost", "Another worker has the job now, or its message is gone.", "Nothing to do."));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested || stop.IsCancellationRequested)
        {
            await HandBackAsync(lease, job, TimeSpan.Zero, "stopped");
        }
        catch (Exception error)
        {
            // Storage was away for longer than is waited for, or refuses: not the picture's fault, so no try is counted.
            JobInterrupted(error, job?.Name ?? lease.Id);
            CaptionTracing.Fail(span, error);
            Tell(PipelineEventKind.StorageTrouble, job?.Name ?? lease.Id, new("storage", error.Message, "It is tried again."));
            await HandBackAsync(lease, job, Backoff.After(1, _options.RetryDelay, _options.MaxRetryDelay), "storage");
        }
    }

    private async Task DescribeAsync(JobLease lease, CaptionJob job, CancellationToken stop, CancellationToken abort)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, abort);
        Profile profile;
        try
        {
            profile = _profiles(job.Profile);
        }
        catch (ArgumentException error)
        {
            await EndTryAsync(lease, job with { Tries = job.Tries + 1 }, null, new("unknown-profile", error.Message, "Start this worker with that profile."), abort);
            return;
        }

        using var begin = CancellationTokenSource.CreateLinkedTokenSource(mine.Token, stop);
        LoadedJob.Ready ready;
        switch (await CaptionTracing.StepAsync("load", cancel => _loader.LoadAsync(job, profile, cancel), begin.Token))
        {
            case LoadedJob.Ready loaded:
                ready = loaded;
                break;
            case LoadedJob.Unfit unfit:
                await RejectAsync(lease, job with { Preparation = unfit.RejectedBy }, profile, unfit.Error, asked: null, abort);
                return;
            case LoadedJob.Over over:
                TellDropped(job.Name, over.Reason);
                await CompleteAsync(lease, job, abort);
                return;
            default:
                throw new InvalidOperationException("A loaded job is ready, unfit or over.");
        }

        var begun = job with { Tries = job.Tries + 1, LastError = null };
        var started = _time.GetTimestamp();
        (Caption? Written, Exception? Problem) answer;
        using (await _gate.EnterAsync(IsSuspect(job), begin.Token))
        {
            stop.ThrowIfCancellationRequested();
            if (job.Tries >= _options.MaxTries)
            {
                await GiveUpAsync(lease, job, profile, WorkerVanished(job), abort);
                return;
            }

            await RewriteAsync(lease, begun, mine.Token);
            Tell(PipelineEventKind.Started, job.Name);
            started = _time.GetTimestamp();
            answer = await AskAsync(new() { Jpeg = ready.Jpeg, Name = job.Name }, profile, mine.Token);
        }

        var elapsed = _time.GetElapsedTime(started);
        if (answer.Written is not { } caption)
        {
            await EndWithoutCaptionAsync(lease, begun, profile, answer.Problem!, abort);
            return;
        }

        // From here on the work is worth more than the lease: conditions keep the write safe even if another worker has the message by now.
        var record = RecordDraft.Described(begun, profile, _model.Info, caption, elapsed, _time.GetUtcNow());
        var write = await WriteAsync(record, job.Replaces, ready.Present, abort);
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

    // Its last worker vanished, and it was not the first to: should this picture be what ends workers, it takes no other with it from now on.
    private static bool IsSuspect(CaptionJob job) => job is { Tries: >= TriesBeforeAlone, LastError: null };

    private async Task<(Caption? Written, Exception? Problem)> AskAsync(PreparedImage image, Profile profile, CancellationToken mine)
    {
        using var span = CaptionTracing.StartStep("caption");
        CaptionTracing.Describe(span, _model.Info, usage: null);
        var started = _time.GetTimestamp();
        try
        {
            var caption = await _model.DescribeAsync(image, profile, mine);
            CaptionTracing.Describe(span, _model.Info, caption.Usage);
            PipelineMetrics.Captioned(_model.Info.Name, _time.GetElapsedTime(started), caption.Usage);
            return (caption, null);
        }
        catch (Exception error) when (!mine.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            PipelineMetrics.NotCaptioned(_model.Info.Name, _time.GetElapsedTime(started), error is CaptionException known ? known.Code : "model-error");
            return (null, error);
        }
    }

    private async Task EndWithoutCaptionAsync(JobLease lease, CaptionJob job, Profile profile, Exception problem, CancellationToken abort)
    {
        if (problem is CaptionException { Retry: false } never)
        {
            await RejectAsync(lease, job, profile, new(never.Code, never.Message, never.Remedy), _model.Info, abort);
            return;
        }

        TryFailed(problem, job.Name, job.Tries, _options.MaxTries);
        var error = problem is CaptionException known
            ? new RecordError(known.Code, known.Message, known.Remedy)
            : new("model-error", problem.Message, "Look into the worker's log, then run: captioner sweep --retry-failed.");
        if (problem is CaptionException { IsFinal: true })
        {
            await GiveUpAsync(lease, job, profile, error, abort);
            return;
        }

        await EndTryAsync(lease, job, profile, error, abort);
    }

    private async Task EndTryAsync(JobLease lease, CaptionJob job, Profile? profile, RecordError error, CancellationToken abort)
    {
        if (job.Tries >= _options.MaxTries)
        {
            await GiveUpAsync(lease, job, profile, error, abort);
            return;
        }

        Tell(PipelineEventKind.Retried, job.Name, error);
        var delay = Backoff.After(job.Tries, _options.RetryDelay, _options.MaxRetryDelay);
        var text = CaptionMessage.Format(job with { LastError = Cut($"{error.Code}: {error.Message}") });
        await _outage.ExecuteAsync(async cancel => await lease.HandBackAsync(text, delay, cancel), abort);
    }

    // Record, then poison, then delete: a crash in between repeats a step, and loses none.
    private async Task GiveUpAsync(JobLease lease, CaptionJob job, Profile? profile, RecordError error, CancellationToken abort)
    {
        var record = RecordDraft.Without(RecordStatus.Failed, job, profile, _model.Info, error, _time.GetUtcNow());
        var write = await WriteAsync(record, job.Replaces, abort);
        if (write == RecordWrite.Written)
        {
            GivenUp(job.Name, job.Tries, error.Code, error.Message);
            var poison = new PoisonMessage { Code = error.Code, Reason = Cut(error.Message), Job = job, At = _time.GetUtcNow() };
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
        var record = RecordDraft.Without(RecordStatus.Rejected, job, profile, asked, error, _time.GetUtcNow());
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
        await SendPoisonAsync(new() { Code = "unreadable", Reason = problem, Text = text, At = _time.GetUtcNow() }, abort);
        MessageUnreadable(lease.Id, problem);
        Tell(PipelineEventKind.Unreadable, lease.Id, new("unreadable", problem, $"Look into the queue '{_storage.Poison.Name}'."));
        await _outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), abort);
    }

    private async Task CompleteAsync(JobLease lease, CaptionJob job, CancellationToken abort)
    {
        await _outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), abort);
        await _outage.ExecuteAsync(async cancel => await _claims.ReleaseAsync(job.Claim, taken: null, cancel), abort);
    }

    private async Task HandBackAsync(JobLease lease, CaptionJob? job, TimeSpan delay, string reason)
    {
        try
        {
            // With the tries it came with: a try that we broke off is none. Best effort; otherwise the lease runs out by itself.
            var text = job is null ? lease.Text : CaptionMessage.Format(job);
            using var patience = new CancellationTokenSource(HandBackPatience, _time);
            await lease.HandBackAsync(text, delay, patience.Token);
            PipelineMetrics.HandedBack(reason);
            Tell(PipelineEventKind.HandedBack, job?.Name ?? lease.Id);
        }
        catch (Exception error)
        {
            JobInterrupted(error, job?.Name ?? lease.Id);
        }
    }

    private Task<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, CancellationToken abort) =>
        WriteAsync(cancel => _store.WriteAsync(record, replaces, cancel), abort);

    private Task<RecordWrite> WriteAsync(CaptionRecord record, string? replaces, StoredRecord? seen, CancellationToken abort) =>
        WriteAsync(cancel => _store.WriteAsync(record, replaces, seen, cancel), abort);

    private Task<RecordWrite> WriteAsync(Func<CancellationToken, Task<RecordWrite>> write, CancellationToken abort) => CaptionTracing.StepAsync(
        "write record", async stop => await _outage.ExecuteAsync(async cancel => await write(cancel), stop), abort);

    private async Task SendPoisonAsync(PoisonMessage message, CancellationToken abort) =>
        await _outage.ExecuteAsync(
            async cancel => await _storage.Poison.SendMessageAsync(CaptionMessage.Format(message), timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancel),
            abort);

    private async Task RewriteAsync(JobLease lease, CaptionJob job, CancellationToken mine) =>
        await _outage.ExecuteAsync(async cancel => await lease.RewriteAsync(CaptionMessage.Format(job), cancel), mine);

    private RecordError WorkerVanished(CaptionJob job) => job.LastError is { } last
        ? new("gave-up", last, "Run: captioner sweep --retry-failed.")
        : new(
            "worker-vanished",
            $"The worker ended without a word while it described '{job.Name}', {job.Tries} times of {_options.MaxTries}.",
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
        PipelineEventKind kind, string name, RecordError? error = null, CaptionRecord? record = null, TimeSpan? elapsed = null, CaptionUsage? usage = null)
    {
        PipelineMetrics.Count(kind, error?.Code, PipelineMetrics.Worker);
        CaptionTracing.Tell(kind, error);
        if (record is not null)
        {
            PipelineMetrics.Ended(kind, record.Generation.Tries);
        }

        _onEvent?.Invoke(new() { Kind = kind, Name = name, At = _time.GetUtcNow(), Error = error, Record = record, Elapsed = elapsed, Usage = usage });
    }

    private static string Cut(string text) => text.Length <= 2000 ? text : text[..2000];

    [LoggerMessage(19, LogLevel.Warning, "Storage failed; it is tried again")]
    private partial void StorageTrouble(Exception error);

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
}
