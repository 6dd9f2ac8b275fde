using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;
using BlobCaptioner.Validation;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>
/// Takes an image in: prepares it and enqueues its job, or writes a record with the reason why not. Calls may be repeated, in any number of processes: the model describes it
/// once. Nobody waits for another process's intake: both do the work, and one ticket stands.
/// </summary>
public sealed class ImageIntake
{
    private readonly IntakeOptions _options;
    private readonly Turns _turns = new();
    private readonly PreparedImages _prepared;

    /// <summary>Creates an intake.</summary>
    /// <param name="storage">The images, the prepared images and the queue.</param>
    /// <param name="preparer">Prepares images.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    /// <param name="onEvent">Called for each event; must be thread-safe.</param>
    /// <param name="settings">The folders' settings; null reads them from the store.</param>
    /// <param name="cap">The day's budget; null for none.</param>
    public ImageIntake(
        CaptionStorage storage,
        ImagePreparer preparer,
        IntakeOptions? options = null,
        TimeProvider? time = null,
        Action<PipelineEvent>? onEvent = null,
        FolderSettings? settings = null,
        SpendCap? cap = null)
        : this(storage, preparer, options, time, onEvent, (settings ?? new(storage, time: time)).ResolveAsync, cap)
    {
    }

    internal ImageIntake(
        CaptionStorage storage, IImagePreparer preparer, IntakeOptions? options, TimeProvider? time, Action<PipelineEvent>? onEvent, ProfileResolver resolve,
        SpendCap? cap = null)
    {
        Storage = storage;
        _options = new IntakeOptionsValidator().Require(options ?? new());
        Time = time ?? TimeProvider.System;
        OnEvent = onEvent;
        Store = new(storage);
        Cap = cap;
        Dispatch = new(storage, Time, cap);
        _prepared = new(storage, preparer);
        Resolve = resolve;
        Products = new(storage, Dispatch, resolve, _options.Model?.Hash, Time, (kind, name, error) => Publish(kind, name, error));
    }

    internal CaptionStorage Storage { get; }

    internal TimeProvider Time { get; }

    internal Action<PipelineEvent>? OnEvent { get; }

    internal ProfileResolver Resolve { get; }

    internal CaptionStore Store { get; }

    internal SpendCap? Cap { get; }

    internal JobDispatch Dispatch { get; }

    internal TimeSpan LostAfter => _options.LostAfter;

    internal ProductDispatch Products { get; }

    /// <summary>Takes an image in.</summary>
    /// <inheritdoc cref="IngestAsync(IntakeRequest, CancellationToken)"/>
    public Task<IntakeOutcome> IngestAsync(string name, Profile profile, CancellationToken cancellationToken) =>
        IngestAsync(new IntakeRequest { Name = name, Profile = profile }, cancellationToken);

    /// <summary>Takes an image in.</summary>
    /// <returns>The result. An image that can't be described is a result, not an exception.</returns>
    /// <exception cref="RequestFailedException">Storage refused. The next call, event or sweep tries again.</exception>
    public async Task<IntakeOutcome> IngestAsync(IntakeRequest request, CancellationToken cancellationToken) =>
        ImageNames.IsImage(request.Name) ? await TraceAsync(request, listed: null, cancellationToken) : new(IntakeResult.NotAnImage);

    /// <summary>Takes in an image of a listing, which saves a request.</summary>
    internal Task<IntakeOutcome> IngestAsync(IntakeRequest request, ListedImage listed, CancellationToken cancellationToken) =>
        TraceAsync(request, listed, cancellationToken);

    private async Task<IntakeOutcome> TraceAsync(IntakeRequest request, ListedImage? listed, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartIntake(Storage.Images.Name, request.Name, request.Profile.Name, listed is not null);
        try
        {
            var outcome = await FindAndIngestAsync(request, listed, cancellationToken);
            span?.SetTag(TelemetryTags.Outcome, outcome.Result.ToString());
            return outcome;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            throw;
        }
    }

    private async Task<IntakeOutcome> FindAndIngestAsync(IntakeRequest request, ListedImage? listed, CancellationToken cancellationToken)
    {
        if (RecordError.OfName(request.Name) is { } unusable)
        {
            Publish(PipelineEventKind.Blocked, request.Name, unusable);
            return new(IntakeResult.Blocked, unusable);
        }

        // An event and a sweep of one process share one preparation.
        using var turn = await _turns.TakeAsync(request.Name, cancellationToken);
        if ((listed?.ETag ?? await FindImageAsync(request.Name, cancellationToken)) is not { } etag)
        {
            return new(IntakeResult.Gone);
        }

        var resolved = await Resolve(request.Name, request.Profile, request.ProfileOverride, cancellationToken);
        var arrival = new Arrival(request, resolved, etag, Preparation(resolved));
        var outcome = await IngestAsync(arrival, cancellationToken);
        if (outcome.Result is not IntakeResult.Enqueued and not IntakeResult.AlreadyQueued)
        {
            OnEvent?.Invoke(new() { Kind = PipelineEventKind.Passed, Name = request.Name, At = Time.GetUtcNow() });
        }

        // No worker will finish this view. If it was its product's last one, the product is enqueued here.
        var isOver = outcome.Result is IntakeResult.UpToDate or IntakeResult.Refreshed or IntakeResult.Rejected or IntakeResult.Blocked;
        return isOver && resolved.Product is not null
            ? outcome with { ProductEnqueued = await Products.EnsureAsync(request.Name, request.Profile, cancellationToken) == IntakeResult.Enqueued }
            : outcome;
    }

    private async Task<IntakeOutcome> IngestAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        // The ticket first: a job that ended before this request has written the record that is read after it.
        var name = arrival.Request.Name;
        var ticket = await Dispatch.Tickets.ReadAsync(name, cancellationToken);
        var present = await Store.ReadAsync(name, cancellationToken);
        if (Decide(present, arrival) is { } settled)
        {
            return settled;
        }

        if (Dispatch.Covers(ticket, arrival.ETag, arrival.Want))
        {
            return new(IntakeResult.AlreadyQueued);
        }

        return arrival.Resolved.Error is { } broken
            ? await RejectAsync(arrival, contentHash: null, arrival.Preparation, new(broken.Code, broken.Message, broken.Remedy), present, cancellationToken)
            : await PrepareAndEnqueueAsync(arrival, ticket, present, cancellationToken);
    }

    private async Task<IntakeOutcome> PrepareAndEnqueueAsync(Arrival arrival, StoredTicket? ticket, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (request, resolved, preparation) = (arrival.Request, arrival.Resolved, arrival.Preparation);
        using var place = await Dispatch.TakePlaceAsync(cancellationToken);
        if (place.Paused is { } paused)
        {
            return new(IntakeResult.Paused, paused);
        }

        OnEvent?.Invoke(new() { Kind = PipelineEventKind.Preparing, Name = request.Name, At = Time.GetUtcNow() });
        var source = await PrepareAsync(request.Name, arrival.ETag, resolved.Profile, cancellationToken);
        if (source is null)
        {
            return new(IntakeResult.Gone);
        }

        var hash = source.ContentHash ?? "";
        if (!request.Force && hash.Length > 0 && present?.Record is { Status: not RecordStatus.Failed } record
            && record.Image.ContentHash == hash && FreshnessOf(arrival).IsMadeSo(RecordReceipt.Of(record)))
        {
            var refreshed = record with { Image = record.Image with { ETag = arrival.ETag } };
            return new(Result(await Store.WriteAsync(refreshed, present.ETag, cancellationToken), IntakeResult.Refreshed));
        }

        switch (source.Outcome)
        {
            case PreparationOutcome.Rejected reason:
                return await RejectAsync(
                    arrival, source.ContentHash, _prepared.RejectedBy(preparation), new(reason.Code, reason.Message, reason.Remedy), present, cancellationToken);
            case PreparationOutcome.Prepared image:
                var job = new PictureJob(new(request.Name, arrival.ETag, hash, image.SourceFormat, image.SourceWidth, image.SourceHeight)) { Preparation = preparation };
                await CaptionTracing.StepAsync("store prepared", async cancel =>
                {
                    await _prepared.StoreAsync(job.PreparedBlob, image.Jpeg, request.Name, cancel);
                    return job;
                }, cancellationToken);
                var wanted = arrival.TicketFor(job, Storage.Images.Name, Time.GetUtcNow());
                if (!await Dispatch.EnqueueAsync(wanted, ticket, async cancel => await Store.GetImageETagAsync(request.Name, cancel) == arrival.ETag, cancellationToken))
                {
                    return new(IntakeResult.AlreadyQueued);
                }

                Publish(PipelineEventKind.Enqueued, request.Name);
                await Dispatch.KeepAsync(place, cancellationToken);
                return new(IntakeResult.Enqueued);
            default:
                throw new InvalidOperationException($"{source.Outcome.GetType()} is not a known outcome of a preparation.");
        }
    }

    private async Task<PreparedSource?> PrepareAsync(string name, string etag, Profile profile, CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        var source = await CaptionTracing.StepAsync(
            "prepare", cancel => _prepared.PrepareAsync(name, etag, profile.ImageTokenBudget, cancel), cancellationToken);
        if (source is not null)
        {
            PipelineMetrics.Prepared(Time.GetElapsedTime(started), source.Outcome is PreparationOutcome.Rejected);
        }

        return source;
    }

    private async Task<IntakeOutcome> RejectAsync(
        Arrival arrival, string? contentHash, string rejectedBy, RecordError error, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (name, resolved) = (arrival.Request.Name, arrival.Resolved);
        var record = RecordWithout(RecordStatus.Rejected, name, arrival.ETag, contentHash, resolved, rejectedBy, error);
        var result = Result(await Store.WriteAsync(record, present?.ETag, cancellationToken), IntakeResult.Rejected);
        if (result == IntakeResult.Rejected)
        {
            Publish(PipelineEventKind.Rejected, name, error, record);
        }

        return new(result, error);
    }

    /// <summary>A record of an image for which no model is asked.</summary>
    internal CaptionRecord RecordWithout(
        RecordStatus status, string name, string etag, string? contentHash, ResolvedProfile resolved, string preparation, RecordError error) => new()
        {
            Status = status,
            Image = new() { Container = Storage.Images.Name, Name = name, ETag = etag, ContentHash = contentHash },
            Profile = new(resolved.Profile.Name, resolved.Version),
            Product = resolved.Sku is { } sku ? new(sku, [name]) : null,
            Error = error,
            Generation = new() { Preparation = preparation, Worker = WorkerName.Current, At = Time.GetUtcNow() },
            Fingerprint = Fingerprint.Compute(contentHash ?? "", preparation, resolved.Version, modelHash: ""),
        };

    /// <summary>The result without any work; null if there is work to do.</summary>
    private IntakeOutcome? Decide(StoredRecord? present, Arrival arrival)
    {
        var (name, request) = (arrival.Request.Name, arrival.Request);
        switch (present)
        {
            case null:
                return null;
            case { Record: null }:
                var error = present.BlockedError(ImageNames.RecordFor(name), name);
                Publish(PipelineEventKind.Blocked, name, error);
                return new(IntakeResult.Blocked, error);
            case { HasReceipt: false }:
                // A tool that drops metadata copied it here. It is written again, with the receipt that listings need.
                return null;
            default:
                var receipt = RecordReceipt.Of(present.Record);
                return !request.Force && !(request.RetryFailed && receipt.Status == RecordStatus.Failed) && FreshnessOf(arrival).IsFresh(receipt)
                    ? new(IntakeResult.UpToDate)
                    : null;
        }
    }

    /// <summary>Counts a round of a failed record whose image still can't be taken in, so that the next one comes later. Best effort.</summary>
    internal async Task NoteRoundAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (await Store.ReadAsync(name, cancellationToken) is { Record: { Status: RecordStatus.Failed, Generation: var made } record } stored)
            {
                var noted = record with { Generation = made with { Rounds = made.Rounds + 1 } };
                await Store.WriteAsync(noted, stored.ETag, cancellationToken);
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The next sweep tries again, without the longer wait.
        }
    }

    /// <summary>What a record of the image would say now.</summary>
    internal Freshness FreshnessOf(string etag, ResolvedProfile resolved)
    {
        var preparation = Preparation(resolved);
        return new(etag, resolved.Version, preparation, resolved.Error is null ? _prepared.RejectedBy(preparation) : preparation, _options.Model?.Hash);
    }

    private Freshness FreshnessOf(Arrival arrival) => FreshnessOf(arrival.ETag, arrival.Resolved);

    internal string Preparation(Profile profile) => _prepared.Preparation(profile.ImageTokenBudget);

    // With broken settings an image is rejected before it is prepared.
    private string Preparation(ResolvedProfile resolved) => resolved is { Error: null, Profile: var profile } ? Preparation(profile) : "none";

    private async Task<string?> FindImageAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties image = await Storage.Images.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
            return ImageListing.IsFolder(image.Metadata) ? null : image.ETag.Plain();
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    private static IntakeResult Result(RecordWrite write, IntakeResult written) => write switch
    {
        RecordWrite.Written => written,
        RecordWrite.AlreadyThere => IntakeResult.UpToDate,
        RecordWrite.Blocked => IntakeResult.Blocked,
        _ => IntakeResult.Gone,
    };

    private void Publish(PipelineEventKind kind, string name, RecordError? error = null, CaptionRecord? record = null)
    {
        PipelineMetrics.Count(kind, error?.Code, PipelineMetrics.Intake);
        CaptionTracing.AddEvent(kind, error);
        OnEvent?.Invoke(new() { Kind = kind, Name = name, At = Time.GetUtcNow(), Error = error, Record = record });
    }

    private sealed record Arrival(IntakeRequest Request, ResolvedProfile Resolved, string ETag, string Preparation)
    {
        public Want Want { get; } = Request.ToWant();

        public Ticket TicketFor(CaptionJob job, string container, DateTimeOffset at) => new()
        {
            Container = container,
            Job = job,
            Profile = Request.Profile.Name,
            ProfileVersion = Resolved.Version,
            Want = Want,
            Call = JobDispatch.NewId(),
            EnqueuedAt = at,
            Rounds = Request.Rounds,
        };
    }
}
