using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using Polly;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Handles one leased message: it ends with a record and a deleted message, a later try, or the poison queue.</summary>
internal sealed class CaptionJobHandler
{
    private const int TriesBeforeAlone = 2;
    private static readonly TimeSpan HandBackPatience = TimeSpan.FromSeconds(5);

    private readonly CaptionStorage _storage;
    private readonly ICaptionModel _model;
    private readonly Func<string, Profile> _profiles;
    private readonly QueueLoopOptions _options;
    private readonly ModelGate _gate;
    private readonly TimeProvider _time;
    private readonly WorkerReport _report;
    private readonly PreparedImages _prepared;
    private readonly ProfileResolver _resolve;
    private readonly CaptionStore _store;
    private readonly ResiliencePipeline _outage;
    private readonly JobLoader _loader;
    private readonly ProductLoader _productLoader;
    private readonly JobCompletion _completion;
    private readonly ModelCall _call;
    private readonly ConcurrentDictionary<string, byte> _unknownProfiles = new(StringComparer.Ordinal);

    public CaptionJobHandler(
        CaptionStorage storage,
        PreparedImages prepared,
        ICaptionModel model,
        Func<string, Profile> profiles,
        ProfileResolver resolve,
        QueueLoopOptions options,
        ModelGate gate,
        TimeProvider time,
        WorkerReport report)
    {
        (_storage, _model, _profiles, _options, _gate) = (storage, model, profiles, options, gate);
        (_time, _report, _prepared, _resolve) = (time, report, prepared, resolve);
        _store = new(storage);
        _outage = StorageOutage.CreateRetry(storage.Options, time, error =>
        {
            _report.StorageTrouble(error);
            _report.Publish(PipelineEventKind.StorageTrouble, storage.Images.Name, new("storage", error.Message, "It is tried again."));
        });
        _loader = new(_store, prepared, model.Info.Hash, _outage);
        _call = new(model, _store, prepared, _outage, time);

        // A claim without a message is taken over before its dead worker's lease ends. Only sweeps compare the model: workers with two models would undo each other's products.
        var products = new ProductDispatch(storage, resolve, options.Lease / 2, modelHash: null, time, (kind, name, error) => _report.Publish(kind, name, error));
        _productLoader = new(products.Views, _store, prepared, model.Info.Hash, _outage);
        _completion = new(new(storage, timeout: TimeSpan.Zero), products, profiles, _outage);
    }

    /// <summary>Handles a message. It is deleted only after a record is written. Throws no exception.</summary>
    /// <param name="lease">The message.</param>
    /// <param name="stop">Hands the job back, unless the model has begun it.</param>
    /// <param name="abort">Aborts the job and hands it back.</param>
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
            _report.LeaseLost(job?.Name ?? lease.Id);
            PipelineMetrics.HandedBack("lease-lost");
            _report.Publish(PipelineEventKind.HandedBack, job?.Name ?? lease.Id, new("lease-lost", "Another worker has the job now, or its message is gone.", "Nothing to do."));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested || stop.IsCancellationRequested)
        {
            await HandBackAsync(lease, job, TimeSpan.Zero, "stopped");
        }
        catch (Exception error)
        {
            // Storage failed for longer than its tolerance, or refuses. The image is not at fault, so no try is counted.
            _report.JobInterrupted(error, job?.Name ?? lease.Id);
            CaptionTracing.Fail(span, error);
            _report.Publish(PipelineEventKind.StorageTrouble, job?.Name ?? lease.Id, new("storage", error.Message, "It is tried again."));
            await HandBackAsync(lease, job, Backoff.After(1, _options.RetryDelay, _options.MaxRetryDelay), "storage");
        }
    }

    private async Task DescribeAsync(JobLease lease, CaptionJob job, CancellationToken stop, CancellationToken abort)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, abort);
        using var begin = CancellationTokenSource.CreateLinkedTokenSource(mine.Token, stop);
        Profile basis;
        try
        {
            basis = _profiles(job.Profile);
        }
        catch (ArgumentException unknown)
        {
            await WaitForProfileAsync(lease, job, unknown.Message, abort);
            return;
        }

        var resolved = job.Product is null
            ? await _outage.ExecuteAsync(async cancel => await _resolve(job.Name, basis, job.ProfileOverride, cancel), begin.Token)
            : await _productLoader.ResolveAsync(job, basis, begin.Token);
        if (resolved is null)
        {
            await DropAsync(lease, job, RecordWrite.ImageChanged, abort);
            return;
        }

        if (resolved.Error is { } broken)
        {
            await RejectAsync(lease, job with { Preparation = "none" }, resolved, new(broken.Code, broken.Message, broken.Remedy), asked: null, abort);
            return;
        }

        job = WithCurrentSettings(job, resolved);
        switch (await CaptionTracing.StepAsync(
            "load", cancel => job.Product is null ? _loader.LoadAsync(job, resolved, cancel) : _productLoader.LoadAsync(job, resolved, cancel), begin.Token))
        {
            case LoadedJob.Ready bare when resolved.Profile.Fields.Count == 0:
                await EndAsync(lease, job, RecordDraft.Bare(job, resolved, _time.GetUtcNow()), bare.Present, TimeSpan.Zero, new(), abort);
                return;
            case LoadedJob.Ready ready:
                await DescribeAsync(lease, job, resolved, ready, stop, begin.Token, mine.Token, abort);
                return;
            case LoadedJob.Refreshed refreshed:
                await EndAsync(lease, job, refreshed.Record, refreshed.Present, TimeSpan.Zero, new(), abort);
                return;
            case LoadedJob.Rejected rejected:
                await RejectAsync(lease, job with { Preparation = rejected.RejectedBy }, resolved, rejected.Error, asked: null, abort);
                return;
            case LoadedJob.NotNeeded dropped:
                await DropAsync(lease, job, dropped.Reason, abort);
                return;
            default:
                throw new InvalidOperationException("The loaded job is of an unknown kind.");
        }
    }

    private async Task DescribeAsync(
        JobLease lease, CaptionJob job, ResolvedProfile resolved, LoadedJob.Ready ready, CancellationToken stop, CancellationToken begin, CancellationToken mine,
        CancellationToken abort)
    {
        var part = RecordPart.Of(job, resolved, ready.Present?.Record);
        resolved = part is null ? resolved : resolved with { Profile = part };
        var begun = job with { Tries = job.Tries + 1, LastError = null };
        var started = _time.GetTimestamp();
        CaptionRecord? same;
        (Caption? Written, Exception? Problem) answer = default;
        using (await _gate.EnterAsync(IsSuspect(job), begin))
        {
            stop.ThrowIfCancellationRequested();
            started = _time.GetTimestamp();
            same = await _call.FindCopyAsync(job, ready, resolved, mine);
            if (same is null)
            {
                if (job.Tries >= _options.MaxTries)
                {
                    await GiveUpAsync(lease, job, resolved, WorkerDied(job), abort);
                    return;
                }

                await _outage.ExecuteAsync(async cancel => await lease.RewriteAsync(CaptionMessage.Format(begun), cancel), mine);
                var draft = new CaptionDraft();
                _report.Publish(PipelineEventKind.Started, job.Name, draft: draft);
                started = _time.GetTimestamp();
                var request = new CaptionRequest { Images = ready.Images, Profile = resolved.Profile, Facts = resolved.Facts, Variation = (ulong)job.Variation, Draft = draft };
                answer = await _call.AskAsync(request, mine);
            }
        }

        var elapsed = _time.GetElapsedTime(started);
        if (same is not null)
        {
            await EndAsync(lease, job, RecordDraft.Reused(job, resolved, same, elapsed, _time.GetUtcNow()), ready.Present, elapsed, new(), abort);
        }
        else if (answer.Written is { } caption)
        {
            // From here on a lost lease does not stop the work: conditions keep the write safe even if another worker has the message.
            var record = RecordDraft.Described(begun, resolved, _model.Info, caption, elapsed, _time.GetUtcNow());
            await EndAsync(lease, job, part is null ? record : RecordPart.Merge(ready.Present!.Record!, record, part), ready.Present, elapsed, caption.Usage, abort, () => _call.NoteSourceAsync(job, ready, abort));
        }
        else
        {
            await EndWithoutCaptionAsync(lease, begun, resolved, answer.Problem!, abort);
        }
    }

    private Task EndAsync(
        JobLease lease, CaptionJob job, CaptionRecord record, StoredRecord? present, TimeSpan elapsed, CaptionUsage usage, CancellationToken abort,
        Func<Task>? afterwards = null) =>
        EndAsync(lease, job, cancel => _store.WriteAsync(record, job.IsReplacing, present, job.OverEdits, cancel), async () =>
        {
            _report.Publish(PipelineEventKind.Described, job.Name, error: null, record, elapsed, usage);
            await (afterwards?.Invoke() ?? Task.CompletedTask);
        }, abort);

    // Record, then poison, then delete: a crash in between repeats a step and loses nothing.
    private Task GiveUpAsync(JobLease lease, CaptionJob job, ResolvedProfile resolved, RecordError error, CancellationToken abort)
    {
        var record = RecordDraft.Without(RecordStatus.Failed, job, resolved, _model.Info, error, _time.GetUtcNow());
        return EndAsync(lease, job, cancel => _store.WriteAsync(record, job.Replaces, cancel), async () =>
        {
            _report.GivenUp(job.Name, job.Tries, error.Code, error.Message);
            await SendPoisonAsync(new() { Code = error.Code, Reason = Cut(error.Message), Job = job, At = _time.GetUtcNow() }, abort);
            _report.Publish(PipelineEventKind.Failed, job.Name, error, record);
        }, abort);
    }

    private Task RejectAsync(JobLease lease, CaptionJob job, ResolvedProfile resolved, RecordError error, CaptionModelInfo? asked, CancellationToken abort)
    {
        var record = RecordDraft.Without(RecordStatus.Rejected, job, resolved, asked, error, _time.GetUtcNow());
        return EndAsync(lease, job, cancel => _store.WriteAsync(record, job.Replaces, cancel), () =>
        {
            _report.Publish(PipelineEventKind.Rejected, job.Name, error, record);
            return Task.CompletedTask;
        }, abort);
    }

    private async Task EndAsync(JobLease lease, CaptionJob job, Func<CancellationToken, Task<RecordWrite>> write, Func<Task> written, CancellationToken abort)
    {
        var result = await CaptionTracing.StepAsync("write record", async stop => await _outage.ExecuteAsync(async cancel => await write(cancel), stop), abort);
        if (result == RecordWrite.Written)
        {
            await written();
        }
        else
        {
            _report.Dropped(job.Name, result);
        }

        await _completion.CompleteAsync(lease, job, abort);
    }

    private Task DropAsync(JobLease lease, CaptionJob job, RecordWrite why, CancellationToken abort)
    {
        _report.Dropped(job.Name, why);
        return _completion.CompleteAsync(lease, job, abort);
    }

    // If the settings changed after the job was enqueued, the preparation is this worker's. Otherwise it stays the intake's, which may have other options.
    private CaptionJob WithCurrentSettings(CaptionJob job, ResolvedProfile resolved)
    {
        if (job.ProfileVersion == resolved.Version)
        {
            return job;
        }

        if (job.Product is not null)
        {
            // Its images are prepared already, as their own records say.
            return job with { ProfileVersion = resolved.Version };
        }

        var preparation = _prepared.Preparation(resolved.Profile.ImageTokenBudget);
        return job with { ProfileVersion = resolved.Version, Preparation = preparation, PreparedBlob = PreparedImages.NameOf(job.ContentHash, preparation) };
    }

    // Counts no try: another worker may know the profile, or this one after its next start.
    private async Task WaitForProfileAsync(JobLease lease, CaptionJob job, string reason, CancellationToken abort)
    {
        if (_unknownProfiles.TryAdd(job.Profile, 0))
        {
            _report.ProfileUnknown(job.Profile, reason);
            _report.Publish(PipelineEventKind.HandedBack, job.Name, new("unknown-profile", reason, "Start a worker that knows that profile; its jobs wait in the queue."));
        }

        PipelineMetrics.HandedBack("unknown-profile");
        var waits = job.Waits + 1;
        var text = CaptionMessage.Format(job with { Waits = waits });
        await _outage.ExecuteAsync(
            async cancel => await lease.HandBackAsync(text, Backoff.After(waits, _options.RetryDelay, _options.MaxRetryDelay), cancel), abort);
    }

    // Two workers died while describing it. If this image crashes workers, it must run alone and crash no other image's try.
    private static bool IsSuspect(CaptionJob job) => job is { Tries: >= TriesBeforeAlone, LastError: null };

    private async Task EndWithoutCaptionAsync(JobLease lease, CaptionJob job, ResolvedProfile resolved, Exception problem, CancellationToken abort)
    {
        if (problem is CaptionException { Retry: false } never)
        {
            await RejectAsync(lease, job, resolved, new(never.Code, never.Message, never.Remedy), _model.Info, abort);
            return;
        }

        _report.TryFailed(problem, job.Name, job.Tries, _options.MaxTries);
        var error = problem is CaptionException known
            ? new RecordError(known.Code, known.Message, known.Remedy)
            : new("model-error", problem.Message, "Read the worker's log, then run: captioner sweep --retry-failed.");
        if (problem is CaptionException { IsFinal: true } || job.Tries >= _options.MaxTries)
        {
            await GiveUpAsync(lease, job, resolved, error, abort);
            return;
        }

        _report.Publish(PipelineEventKind.Retried, job.Name, error);
        var delay = Backoff.After(job.Tries, _options.RetryDelay, _options.MaxRetryDelay);
        var text = CaptionMessage.Format(job with { LastError = Cut($"{error.Code}: {error.Message}") });
        await _outage.ExecuteAsync(async cancel => await lease.HandBackAsync(text, delay, cancel), abort);
    }

    private async Task PoisonUnreadableAsync(JobLease lease, string problem, CancellationToken abort)
    {
        var text = lease.Text.Length <= 8000 ? lease.Text : lease.Text[..8000];
        await SendPoisonAsync(new() { Code = "unreadable", Reason = problem, Text = text, At = _time.GetUtcNow() }, abort);
        _report.MessageUnreadable(lease.Id, problem);
        _report.Publish(PipelineEventKind.Unreadable, lease.Id, new("unreadable", problem, $"Read the queue '{_storage.Poison.Name}'."));
        await _outage.ExecuteAsync(async cancel => await lease.CompleteAsync(cancel), abort);
    }

    private async Task HandBackAsync(JobLease lease, CaptionJob? job, TimeSpan delay, string reason)
    {
        try
        {
            // With the tries that it came with: an aborted try does not count. Best effort: otherwise the lease runs out.
            var text = job is null ? lease.Text : CaptionMessage.Format(job);
            using var patience = new CancellationTokenSource(HandBackPatience, _time);
            await lease.HandBackAsync(text, delay, patience.Token);
            PipelineMetrics.HandedBack(reason);
            _report.Publish(PipelineEventKind.HandedBack, job?.Name ?? lease.Id);
        }
        catch (Exception error)
        {
            _report.JobInterrupted(error, job?.Name ?? lease.Id);
        }
    }

    private async Task SendPoisonAsync(PoisonMessage message, CancellationToken abort) =>
        await _outage.ExecuteAsync(
            async cancel => await _storage.Poison.SendMessageAsync(CaptionMessage.Format(message), timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancel),
            abort);

    private RecordError WorkerDied(CaptionJob job) => job.LastError is { } last
        ? new("gave-up", last, "Run: captioner sweep --retry-failed.")
        : new(
            "worker-vanished",
            $"The worker died while it described '{job.Name}', in {job.Tries} of {_options.MaxTries} tries.",
            "Read the worker's log for the cause (memory?), then run: captioner sweep --retry-failed.");

    private static string Cut(string text) => text.Length <= 2000 ? text : text[..2000];
}
