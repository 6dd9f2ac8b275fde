using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>
/// Takes one image in: prepares it and enqueues its job, or writes a record that says why not. Safe to call any number of times,
/// from any number of processes, for the same image: it then ends up in the queue once.
/// </summary>
public sealed class ImageIntake
{
    private readonly CaptionStorage _storage;
    private readonly IntakeOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<PipelineEvent>? _onEvent;
    private readonly CaptionStore _store;
    private readonly JobDispatch _dispatch;
    private readonly PreparedImages _prepared;
    private readonly ProfileResolver _resolve;
    private readonly ProductDispatch _products;

    /// <summary>Creates an intake.</summary>
    /// <param name="storage">Where images, prepared images and the queue are.</param>
    /// <param name="preparer">Prepares images.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    /// <param name="onEvent">Told of every image that was enqueued, rejected or blocked; called from many threads.</param>
    /// <param name="settings">What the folders say; null reads them from the store.</param>
    public ImageIntake(
        CaptionStorage storage,
        ImagePreparer preparer,
        IntakeOptions? options = null,
        TimeProvider? time = null,
        Action<PipelineEvent>? onEvent = null,
        FolderSettings? settings = null)
        : this(storage, preparer, options, time, onEvent, (settings ?? new(storage, time: time)).ResolveAsync)
    {
    }

    internal ImageIntake(
        CaptionStorage storage, ImagePreparer preparer, IntakeOptions? options, TimeProvider? time, Action<PipelineEvent>? onEvent, ProfileResolver resolve)
    {
        _storage = storage;
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
        _onEvent = onEvent;
        _store = new(storage);
        _dispatch = new(storage, _options.ClaimTimeout);
        _prepared = new(storage, preparer);
        _resolve = resolve;
        _products = new(storage, resolve, _options.ClaimTimeout, _options.Model?.Hash, _time, (kind, name, error) => Tell(kind, name, error));
    }

    internal CaptionStorage Storage => _storage;

    internal TimeProvider Time => _time;

    internal Action<PipelineEvent>? OnEvent => _onEvent;

    internal ProfileResolver Resolve => _resolve;

    internal PreparedImages Prepared => _prepared;

    internal CaptionStore Store => _store;

    internal IntakeOptions Options => _options;

    internal ProductDispatch Products => _products;

    /// <summary>Takes an image in.</summary>
    /// <inheritdoc cref="IngestAsync(IntakeRequest, CancellationToken)"/>
    public Task<IntakeOutcome> IngestAsync(string name, Profile profile, CancellationToken cancellationToken) =>
        IngestAsync(new IntakeRequest { Name = name, Profile = profile }, cancellationToken);

    /// <summary>Takes an image in.</summary>
    /// <returns>What became of it; a picture that can't be described is a result.</returns>
    /// <exception cref="RequestFailedException">Storage refused. Nothing is lost: the next call, event or sweep goes on.</exception>
    public async Task<IntakeOutcome> IngestAsync(IntakeRequest request, CancellationToken cancellationToken)
    {
        return ImageNames.IsImage(request.Name)
            ? await TraceAsync(request, listed: null, cancellationToken)
            : new(IntakeResult.NotAnImage);
    }

    /// <summary>Takes an image in that a listing just showed, which spares two requests.</summary>
    internal Task<IntakeOutcome> IngestAsync(IntakeRequest request, ListedImage listed, CancellationToken cancellationToken) =>
        TraceAsync(request, listed, cancellationToken);

    private async Task<IntakeOutcome> TraceAsync(IntakeRequest request, ListedImage? listed, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartIntake(_storage.Images.Name, request.Name, request.Profile.Name, listed is not null);
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
        if ((listed?.ETag ?? await FindImageAsync(request.Name, cancellationToken)) is not { } etag)
        {
            return new(IntakeResult.Gone);
        }

        var resolved = await _resolve(request.Name, request.Profile, request.As, cancellationToken);
        var before = listed is { HasRecord: false } ? null : await _store.ReadAsync(request.Name, cancellationToken);
        var outcome = await IngestAsync(new(request, resolved, etag, Preparation(resolved)), before, cancellationToken);

        // No worker comes for it, so if it was its product's last view nobody else sees to that.
        var isOver = outcome.Result is IntakeResult.UpToDate or IntakeResult.Refreshed or IntakeResult.Rejected or IntakeResult.Blocked;
        return isOver && resolved.Product is not null
            ? outcome with { ProductEnqueued = await _products.EnsureAsync(request.Name, request.Profile, cancellationToken) == IntakeResult.Enqueued }
            : outcome;
    }

    private async Task<IntakeOutcome> IngestAsync(Arrival arrival, StoredRecord? before, CancellationToken cancellationToken)
    {
        if (Decide(before, arrival, arrival.Request.Force) is { } settled)
        {
            return settled;
        }

        var (name, resolved) = (arrival.Request.Name, arrival.Resolved);
        var claim = JobClaims.NameOf(_storage.Images.Name, name, arrival.ETag, resolved.Version, arrival.Preparation);
        var taken = await _dispatch.TryTakeAsync(
            claim, async cancel => (await _store.ReadAsync(name, cancel))?.ETag == before?.ETag, cancellationToken);
        if (taken is not { } etag)
        {
            return new(IntakeResult.AlreadyQueued);
        }

        var enqueued = false;
        try
        {
            // The claim was free because nobody had begun, or because a worker has just finished. Only now does the record tell which.
            var present = await _store.ReadAsync(name, cancellationToken);
            if (present?.ETag != before?.ETag && Decide(present, arrival, isForced: false) is { } finished)
            {
                return finished;
            }

            var outcome = resolved.Error is { } broken
                ? await RejectAsync(arrival, contentHash: null, arrival.Preparation, new(broken.Code, broken.Message, broken.Remedy), present, cancellationToken)
                : await TakeInAsync(arrival, resolved, claim, present, cancellationToken);
            enqueued = outcome.Result == IntakeResult.Enqueued;
            return outcome;
        }
        finally
        {
            if (!enqueued)
            {
                _onEvent?.Invoke(new() { Kind = PipelineEventKind.Passed, Name = name, At = _time.GetUtcNow() });
            }

            await _dispatch.SettleAsync(claim, etag, enqueued);
        }
    }

    private async Task<IntakeOutcome> TakeInAsync(
        Arrival arrival, ResolvedProfile resolved, string claim, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (request, preparation) = (arrival.Request, arrival.Preparation);
        _onEvent?.Invoke(new() { Kind = PipelineEventKind.Preparing, Name = request.Name, At = _time.GetUtcNow() });
        var source = await PrepareAsync(request.Name, arrival.ETag, resolved.Profile, cancellationToken);
        if (source is null)
        {
            return new(IntakeResult.Gone);
        }

        var hash = source.ContentHash ?? "";
        if (!request.Force && hash.Length > 0 && present?.Record is { Status: not RecordStatus.Failed } record
            && record.Image.ContentHash == hash && FreshnessOf(arrival.Resolved).IsFresh(RecordReceipt.Of(record)))
        {
            var refreshed = record with { Image = record.Image with { ETag = arrival.ETag } };
            return new(Result(await _store.WriteAsync(refreshed, present.ETag, cancellationToken), IntakeResult.Refreshed));
        }

        switch (source.Outcome)
        {
            case PreparationOutcome.Rejected reason:
                return await RejectAsync(
                    arrival, source.ContentHash, _prepared.RejectedBy(preparation), new(reason.Code, reason.Message, reason.Remedy), present, cancellationToken);
            case PreparationOutcome.Prepared image:
                var preparedName = PreparedImages.NameOf(hash, preparation);
                await CaptionTracing.StepAsync("store prepared", async cancel =>
                {
                    await _prepared.StoreAsync(preparedName, image.Jpeg, request.Name, cancel);
                    return preparedName;
                }, cancellationToken);
                var job = new CaptionJob
                {
                    Container = _storage.Images.Name,
                    Name = request.Name,
                    ETag = arrival.ETag,
                    ContentHash = hash,
                    Format = image.SourceFormat,
                    Width = image.SourceWidth,
                    Height = image.SourceHeight,
                    PreparedBlob = preparedName,
                    Preparation = preparation,
                    Profile = request.Profile.Name,
                    ProfileVersion = resolved.Version,
                    Claim = claim,
                    EnqueuedAt = _time.GetUtcNow(),
                    Force = request.Force,
                    OverEdits = request.OverEdits,
                    Only = request.Only,
                    As = request.As,
                };

                await _dispatch.SendAsync(job.Replacing(present, request.Vary), cancellationToken);
                Tell(PipelineEventKind.Enqueued, request.Name);
                return new(IntakeResult.Enqueued);
            default:
                throw new InvalidOperationException($"{source.Outcome.GetType()} is no known outcome of a preparation.");
        }
    }

    private async Task<PreparedSource?> PrepareAsync(string name, string etag, Profile profile, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var source = await CaptionTracing.StepAsync(
            "prepare", cancel => _prepared.PrepareAsync(name, etag, profile.ImageTokenBudget, cancel), cancellationToken);
        if (source is not null)
        {
            PipelineMetrics.Prepared(_time.GetElapsedTime(started), source.Outcome is PreparationOutcome.Rejected);
        }

        return source;
    }

    private async Task<IntakeOutcome> RejectAsync(
        Arrival arrival, string? contentHash, string rejectedBy, RecordError error, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (name, resolved) = (arrival.Request.Name, arrival.Resolved);
        var record = new CaptionRecord
        {
            Status = RecordStatus.Rejected,
            Image = new() { Container = _storage.Images.Name, Name = name, ETag = arrival.ETag, ContentHash = contentHash },
            Profile = new(resolved.Profile.Name, resolved.Version),
            Product = resolved.Sku is { } sku ? new(sku, [name]) : null,
            Error = error,
            Generation = new() { Preparation = rejectedBy, Worker = WorkerName.Current, At = _time.GetUtcNow() },
            Fingerprint = Fingerprint.Compute(contentHash ?? "", rejectedBy, resolved.Version, modelHash: ""),
        };
        var result = Result(await _store.WriteAsync(record, present?.ETag, cancellationToken), IntakeResult.Rejected);
        if (result == IntakeResult.Rejected)
        {
            Tell(PipelineEventKind.Rejected, name, error, record);
        }

        return new(result, error);
    }

    /// <summary>What can be said without a claim; null where there is something to do.</summary>
    private IntakeOutcome? Decide(StoredRecord? present, Arrival arrival, bool isForced)
    {
        var name = arrival.Request.Name;
        switch (present)
        {
            case null:
                return null;
            case { Record: null }:
                var error = present.InTheWay(ImageNames.RecordFor(name), name);
                Tell(PipelineEventKind.Blocked, name, error);
                return new(IntakeResult.Blocked, error);
            case { HasReceipt: false }:
                // Copied here by a tool that drops metadata: it is written anew, with the receipt that listings need.
                return null;
            default:
                var receipt = RecordReceipt.Of(present.Record);
                return receipt.SourceETag == arrival.ETag && !isForced && !(arrival.Request.RetryFailed && receipt.Status == RecordStatus.Failed)
                    && FreshnessOf(arrival.Resolved).IsFresh(receipt)
                    ? new(IntakeResult.UpToDate)
                    : null;
        }
    }

    /// <summary>What a record of the image made now would be fresh by.</summary>
    internal Freshness FreshnessOf(ResolvedProfile resolved)
    {
        var preparation = Preparation(resolved);
        return new(resolved.Version, preparation, resolved.Error is null ? _prepared.RejectedBy(preparation) : preparation, _options.Model?.Hash);
    }

    internal string Preparation(Profile profile) => _prepared.Preparation(profile.ImageTokenBudget);

    // Broken settings turn a picture down whatever this process would have made of it.
    private string Preparation(ResolvedProfile resolved) => resolved is { Error: null, Profile: var profile } ? Preparation(profile) : "none";

    private async Task<string?> FindImageAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties image = await _storage.Images.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
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

    private void Tell(PipelineEventKind kind, string name, RecordError? error = null, CaptionRecord? record = null)
    {
        PipelineMetrics.Count(kind, error?.Code, PipelineMetrics.Intake);
        CaptionTracing.Tell(kind, error);
        _onEvent?.Invoke(new() { Kind = kind, Name = name, At = _time.GetUtcNow(), Error = error, Record = record });
    }

    private sealed record Arrival(IntakeRequest Request, ResolvedProfile Resolved, string ETag, string Preparation);
}
