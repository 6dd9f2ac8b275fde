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
/// Takes an image in: prepares it and enqueues its job, or writes a record with the reason why not. Calls may be repeated, in any number of processes:
/// the image is enqueued once.
/// </summary>
public sealed class ImageIntake
{
    private readonly IntakeOptions _options;
    private readonly JobDispatch _dispatch;
    private readonly PreparedImages _prepared;

    /// <summary>Creates an intake.</summary>
    /// <param name="storage">The images, the prepared images and the queue.</param>
    /// <param name="preparer">Prepares images.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    /// <param name="onEvent">Called for each event; must be thread-safe.</param>
    /// <param name="settings">The folders' settings; null reads them from the store.</param>
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
        Storage = storage;
        _options = new IntakeOptionsValidator().Require(options ?? new());
        Time = time ?? TimeProvider.System;
        OnEvent = onEvent;
        Store = new(storage);
        _dispatch = new(storage, _options.ClaimTimeout);
        _prepared = new(storage, preparer);
        Resolve = resolve;
        Products = new(storage, resolve, _options.ClaimTimeout, _options.Model?.Hash, Time, (kind, name, error) => Publish(kind, name, error));
    }

    internal CaptionStorage Storage { get; }

    internal TimeProvider Time { get; }

    internal Action<PipelineEvent>? OnEvent { get; }

    internal ProfileResolver Resolve { get; }

    internal CaptionStore Store { get; }

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

    /// <summary>Takes in an image of a listing, which saves two requests.</summary>
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
        if ((listed?.ETag ?? await FindImageAsync(request.Name, cancellationToken)) is not { } etag)
        {
            return new(IntakeResult.Gone);
        }

        var resolved = await Resolve(request.Name, request.Profile, request.ProfileOverride, cancellationToken);
        var before = listed is { HasRecord: false } ? null : await Store.ReadAsync(request.Name, cancellationToken);
        var outcome = await IngestAsync(new(request, resolved, etag, Preparation(resolved)), before, cancellationToken);

        // No worker will finish this view. If it was its product's last one, the product is enqueued here.
        var isOver = outcome.Result is IntakeResult.UpToDate or IntakeResult.Refreshed or IntakeResult.Rejected or IntakeResult.Blocked;
        return isOver && resolved.Product is not null
            ? outcome with { ProductEnqueued = await Products.EnsureAsync(request.Name, request.Profile, cancellationToken) == IntakeResult.Enqueued }
            : outcome;
    }

    private async Task<IntakeOutcome> IngestAsync(Arrival arrival, StoredRecord? before, CancellationToken cancellationToken)
    {
        if (Decide(before, arrival, arrival.Request.Force) is { } settled)
        {
            return settled;
        }

        var (name, resolved) = (arrival.Request.Name, arrival.Resolved);
        var claim = JobClaims.NameOf(Storage.Images.Name, name, arrival.ETag, resolved.Version, arrival.Preparation);
        var taken = await _dispatch.TryTakeAsync(
            claim, async cancel => (await Store.ReadAsync(name, cancel))?.ETag == before?.ETag, cancellationToken);
        if (taken is not { } etag)
        {
            return new(IntakeResult.AlreadyQueued);
        }

        var enqueued = false;
        try
        {
            // The claim was free because nothing had begun, or because a worker has just finished. The record shows which.
            var present = await Store.ReadAsync(name, cancellationToken);
            if (present?.ETag != before?.ETag && Decide(present, arrival, isForced: false) is { } finished)
            {
                return finished;
            }

            var outcome = resolved.Error is { } broken
                ? await RejectAsync(arrival, contentHash: null, arrival.Preparation, new(broken.Code, broken.Message, broken.Remedy), present, cancellationToken)
                : await PrepareAndEnqueueAsync(arrival, resolved, claim, present, cancellationToken);
            enqueued = outcome.Result == IntakeResult.Enqueued;
            return outcome;
        }
        finally
        {
            if (!enqueued)
            {
                OnEvent?.Invoke(new() { Kind = PipelineEventKind.Passed, Name = name, At = Time.GetUtcNow() });
            }

            await _dispatch.SettleAsync(claim, etag, enqueued);
        }
    }

    private async Task<IntakeOutcome> PrepareAndEnqueueAsync(
        Arrival arrival, ResolvedProfile resolved, string claim, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (request, preparation) = (arrival.Request, arrival.Preparation);
        OnEvent?.Invoke(new() { Kind = PipelineEventKind.Preparing, Name = request.Name, At = Time.GetUtcNow() });
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
            return new(Result(await Store.WriteAsync(refreshed, present.ETag, cancellationToken), IntakeResult.Refreshed));
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
                    Container = Storage.Images.Name,
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
                    EnqueuedAt = Time.GetUtcNow(),
                    Force = request.Force,
                    OverEdits = request.OverEdits,
                    Part = request.Part,
                    ProfileOverride = request.ProfileOverride,
                };

                await _dispatch.SendAsync(job.Replacing(present, request.NewWording), cancellationToken);
                Publish(PipelineEventKind.Enqueued, request.Name);
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
        var record = new CaptionRecord
        {
            Status = RecordStatus.Rejected,
            Image = new() { Container = Storage.Images.Name, Name = name, ETag = arrival.ETag, ContentHash = contentHash },
            Profile = new(resolved.Profile.Name, resolved.Version),
            Product = resolved.Sku is { } sku ? new(sku, [name]) : null,
            Error = error,
            Generation = new() { Preparation = rejectedBy, Worker = WorkerName.Current, At = Time.GetUtcNow() },
            Fingerprint = Fingerprint.Compute(contentHash ?? "", rejectedBy, resolved.Version, modelHash: ""),
        };
        var result = Result(await Store.WriteAsync(record, present?.ETag, cancellationToken), IntakeResult.Rejected);
        if (result == IntakeResult.Rejected)
        {
            Publish(PipelineEventKind.Rejected, name, error, record);
        }

        return new(result, error);
    }

    /// <summary>The result without a claim; null if there is work to do.</summary>
    private IntakeOutcome? Decide(StoredRecord? present, Arrival arrival, bool isForced)
    {
        var name = arrival.Request.Name;
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
                return receipt.SourceETag == arrival.ETag && !isForced && !(arrival.Request.RetryFailed && receipt.Status == RecordStatus.Failed)
                    && FreshnessOf(arrival.Resolved).IsFresh(receipt)
                    ? new(IntakeResult.UpToDate)
                    : null;
        }
    }

    /// <summary>The settings, preparation and model that a record of the image would name now.</summary>
    internal Freshness FreshnessOf(ResolvedProfile resolved)
    {
        var preparation = Preparation(resolved);
        return new(resolved.Version, preparation, resolved.Error is null ? _prepared.RejectedBy(preparation) : preparation, _options.Model?.Hash);
    }

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

    private sealed record Arrival(IntakeRequest Request, ResolvedProfile Resolved, string ETag, string Preparation);
}
