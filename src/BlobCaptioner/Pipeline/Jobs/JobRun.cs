using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>One worker's run over one ticket: loads what the model needs, takes the ticket, asks the model and writes the record.</summary>
/// <param name="services">The worker's.</param>
/// <param name="scope">The hold on the ticket.</param>
/// <param name="delivery">The message that named it.</param>
/// <param name="hint">The message's content.</param>
/// <param name="stop">Hands the job back, unless the model has begun it.</param>
/// <param name="abort">Aborts the job and hands it back.</param>
internal sealed class JobRun(JobServices services, JobScope scope, JobDelivery delivery, JobHint hint, CancellationToken stop, CancellationToken abort)
{
    private const int TriesBeforeAlone = 2;
    private const int MostWaits = 10;
    private readonly JobEnd _end = new(services, scope, delivery, hint, abort);

    /// <summary>Brings the ticket to its end, or to a later try.</summary>
    /// <returns>False where another process changed the ticket before the model began: read it again.</returns>
    public async Task<bool> RunAsync()
    {
        using var begin = CancellationTokenSource.CreateLinkedTokenSource(stop, abort);

        // A worker that died may have left a wish beside its own: both are one job now.
        var ticket = scope.Ticket.Merged();
        Profile basis;
        try
        {
            basis = services.Profiles(ticket.Profile);
        }
        catch (ArgumentException unknown)
        {
            await WaitForProfileAsync(unknown.Message);
            return true;
        }

        var loader = new JobLoader(services, basis);
        if (await loader.ResolveAsync(ticket, begin.Token) is not { } resolved)
        {
            await (ticket.Want.Redo is null ? _end.DropAsync(RecordWrite.ImageChanged) : AdoptViewsAsync((ProductJob)ticket.Job, basis));
            return true;
        }

        if (resolved.Error is { } broken)
        {
            await _end.RejectAsync(ticket with { Job = ticket.Job with { Preparation = "none" } }, resolved, new(broken.Code, broken.Message, broken.Remedy), asked: null);
            return true;
        }

        ticket = WithCurrentSettings(ticket, resolved);
        switch (await CaptionTracing.StepAsync("load", cancel => loader.LoadAsync(ticket, resolved, cancel), begin.Token))
        {
            case LoadedJob.Ready bare when resolved.Profile.Fields.Count == 0:
                await _end.DescribedAsync(ticket, RecordDraft.Bare(ticket, resolved, services.Time.GetUtcNow()), bare.Present, TimeSpan.Zero, new());
                return true;
            case LoadedJob.Ready ready:
                return await DescribeAsync(ticket, resolved, ready, begin.Token);
            case LoadedJob.Refreshed refreshed:
                await _end.DescribedAsync(ticket, refreshed.Record, refreshed.Present, TimeSpan.Zero, new());
                return true;
            case LoadedJob.Rejected rejected:
                await _end.RejectAsync(ticket with { Job = ticket.Job with { Preparation = rejected.RejectedBy } }, resolved, rejected.Error, asked: null);
                return true;
            case LoadedJob.NotNeeded { Reason: RecordWrite.ImageChanged } when ticket.Job is PictureJob && ticket.Want.Redo is not null:
                return await TryAdoptAsync(ticket, resolved, begin.Token);
            case LoadedJob.NotNeeded dropped:
                await _end.DropAsync(dropped.Reason);
                return true;
            default:
                throw new InvalidOperationException("The loaded job is of an unknown kind.");
        }
    }

    // A person's wish outlives the version that it was made for: the ticket is rewritten for the present one and read again.
    private async Task<bool> TryAdoptAsync(Ticket ticket, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        var name = ticket.Job.Name;
        var source = await services.Store.GetImageETagAsync(name, cancellationToken) is { } etag
            ? await services.Prepared.PrepareAsync(name, etag, resolved.Profile.ImageTokenBudget, cancellationToken)
            : null;
        if (source is null)
        {
            return false;
        }

        var image = new SourceImage(name, source.ETag, source.ContentHash ?? "");
        switch (source.Outcome)
        {
            case PreparationOutcome.Rejected why:
                var rejected = new PictureJob(image) { Preparation = services.Prepared.RejectedBy(ticket.Job.Preparation) };
                await _end.RejectAsync(ticket with { Job = rejected }, resolved, new(why.Code, why.Message, why.Remedy), asked: null);
                return true;
            case PreparationOutcome.Prepared made:
                var job = new PictureJob(image with { Format = made.SourceFormat, Width = made.SourceWidth, Height = made.SourceHeight }) { Preparation = ticket.Job.Preparation };
                await services.Prepared.StoreAsync(job.PreparedBlob, made.Jpeg, name, cancellationToken);

                // Other bytes begin with tries of their own.
                await scope.TryFreeAsync(t => t with { Job = job, Tries = t.Job.ContentHash == job.ContentHash ? t.Tries : [] }, TimeSpan.Zero, cancellationToken);
                return false;
            default:
                throw new InvalidOperationException($"{source.Outcome.GetType()} is not a known outcome of a preparation.");
        }
    }

    // The product gets a ticket for its views of now, which takes the wish over. While a view is not settled, the wish waits.
    private async Task AdoptViewsAsync(ProductJob product, Profile basis)
    {
        var names = product.Views.Select(v => v.Name).ToList();
        var request = new ProductRequest { View = names[0], Sku = product.Sku, Basis = basis, KnownViews = names, Force = true, HasTicket = true };
        if (await services.Products.EnsureAsync(request, abort) is IntakeResult.Gone or IntakeResult.Blocked)
        {
            await _end.DropAsync(RecordWrite.ImageGone);
        }
        else
        {
            await _end.LeaveAsync();
        }
    }

    private async Task<bool> DescribeAsync(Ticket ticket, ResolvedProfile resolved, LoadedJob.Ready ready, CancellationToken begin)
    {
        var part = RecordPart.Of(ticket, resolved, ready.Present?.Record);
        var asked = part is null ? resolved : resolved with { Profile = part };
        CaptionRecord? same;
        (Caption? Written, Exception? Problem) answer = default;
        var started = services.Time.GetTimestamp();
        var variation = ticket.Want.NewWording ? (ready.Present?.Record?.Generation.Variation ?? 0) + 1 : 0;
        using (await services.Gate.EnterAsync(IsSuspect(ticket), begin))
        {
            stop.ThrowIfCancellationRequested();
            started = services.Time.GetTimestamp();
            same = await FindCopyAsync(ticket, ready, asked, begin);
            if (same is null)
            {
                if (ticket.Tries.Count >= services.Options.MaxTries)
                {
                    await _end.GiveUpAsync(ticket, asked, WorkerDied(ticket));
                    return true;
                }

                if (!await scope.TryTakeAsync(begin))
                {
                    return false;
                }

                ticket = ticket with { Tries = scope.Ticket.Tries };
                var draft = new CaptionDraft();
                services.Report.Publish(PipelineEventKind.Started, ticket.Job.Name, draft: draft);
                started = services.Time.GetTimestamp();
                var request = new CaptionRequest { Images = ready.Images, Profile = asked.Profile, Facts = asked.Facts, Variation = (ulong)variation, Draft = draft };
                using var mine = CancellationTokenSource.CreateLinkedTokenSource(scope.Lost, abort);
                answer = await ModelCall.AskAsync(services, request, mine.Token);
            }
        }

        var elapsed = services.Time.GetElapsedTime(started);
        if (same is not null)
        {
            await _end.DescribedAsync(ticket, RecordDraft.Reused(ticket, asked, same, elapsed, services.Time.GetUtcNow()), ready.Present, elapsed, new());
        }
        else if (answer.Written is { } caption)
        {
            // From here on a lost ticket does not stop the work: conditions keep the write safe even if another worker has it.
            var record = RecordDraft.Described(ticket, asked, services.Model.Info, caption, variation, elapsed, services.Time.GetUtcNow());
            record = part is null ? record : RecordPart.Merge(ready.Present!.Record!, record, part);
            await _end.DescribedAsync(ticket, record, ready.Present, elapsed, caption.Usage, ready.MadeFrom);
        }
        else
        {
            await EndWithoutCaptionAsync(ticket, asked, answer.Problem!);
        }

        return true;
    }

    /// <summary>
    /// Finds the finished record of the same bytes under another name. The prepared image, which both share, names the image that it was made from. So only an
    /// image with known bytes costs a request. Two that are worked on at the same time are both described.
    /// </summary>
    private async Task<CaptionRecord?> FindCopyAsync(Ticket ticket, LoadedJob.Ready ready, ResolvedProfile resolved, CancellationToken cancellationToken)
    {
        if (ticket.Want.Redo is not null || ready.MadeFrom is not { } other || other == ticket.Job.Name || ticket.Job.ContentHash.Length == 0)
        {
            return null;
        }

        var fingerprint = Fingerprint.Compute(ticket.Job.ContentHash, ticket.Job.Preparation, resolved.Version, services.Model.Info.Hash);
        return await services.Store.ReadAsync(other, cancellationToken) is { Record: { Status: RecordStatus.Described } record } && record.Fingerprint == fingerprint ? record : null;
    }

    // If the settings changed after the job was enqueued, the preparation is this worker's. Otherwise it stays the intake's, which may have other options. A product's images
    // are prepared already, as their own records say.
    private Ticket WithCurrentSettings(Ticket ticket, ResolvedProfile resolved) => ticket.ProfileVersion == resolved.Version ? ticket : ticket with
    {
        ProfileVersion = resolved.Version,
        Job = ticket.Job is ProductJob ? ticket.Job : ticket.Job with { Preparation = services.Prepared.Preparation(resolved.Profile.ImageTokenBudget) },
    };

    // Counts no try: another worker may know the profile, or this one after its next start. But it ends: a profile that nobody knows is an error.
    private async Task WaitForProfileAsync(string reason)
    {
        var error = new RecordError("unknown-profile", reason, "Start a worker that knows that profile, then run: captioner sweep --retry-failed.");
        if (scope.Ticket.Waits >= MostWaits)
        {
            await _end.GiveUpAsync(scope.Ticket, resolved: null, error);
            return;
        }

        if (services.UnknownProfiles.TryAdd(scope.Ticket.Profile, 0))
        {
            services.Report.ProfileUnknown(scope.Ticket.Profile, reason);
            services.Report.Publish(PipelineEventKind.HandedBack, scope.Ticket.Job.Name, error);
        }

        PipelineMetrics.HandedBack("unknown-profile");
        await _end.RetryAsync(t => t with { Waits = t.Waits + 1 }, scope.Ticket.Waits + 1);
    }

    // Two workers died while describing it. If this image crashes workers, it must run alone and crash no other image's try.
    private static bool IsSuspect(Ticket ticket) => ticket.Tries.Count >= TriesBeforeAlone && ticket.LastError is null;

    private async Task EndWithoutCaptionAsync(Ticket ticket, ResolvedProfile resolved, Exception problem)
    {
        if (problem is CaptionException { Retry: false } never)
        {
            await _end.RejectAsync(ticket, resolved, new(never.Code, never.Message, never.Remedy), services.Model.Info);
            return;
        }

        var (name, tries) = (ticket.Job.Name, ticket.Tries.Count);
        services.Report.TryFailed(problem, name, tries, services.Options.MaxTries);
        var error = problem is CaptionException known
            ? new RecordError(known.Code, known.Message, known.Remedy)
            : new("model-error", problem.Message, "Read the worker's log, then run: captioner sweep --retry-failed.");
        if (problem is CaptionException { IsFinal: true } || tries >= services.Options.MaxTries)
        {
            await _end.GiveUpAsync(ticket, resolved, error);
            return;
        }

        services.Report.Publish(PipelineEventKind.Retried, name, error);
        await _end.RetryAsync(t => t with { Tries = [.. t.Tries.SkipLast(1), t.Tries[^1] with { Error = JobEnd.Cut($"{error.Code}: {error.Message}", 500) }] }, tries);
    }

    private RecordError WorkerDied(Ticket ticket) => ticket.LastError is { } last
        ? new("gave-up", last, "Run: captioner sweep --retry-failed.")
        : new(
            "worker-vanished",
            $"The worker died while it described '{ticket.Job.Name}', in {ticket.Tries.Count(t => t.Error is null)} of {services.Options.MaxTries} tries.",
            "Read the worker's log for the cause (memory?), then run: captioner sweep --retry-failed.");
}
