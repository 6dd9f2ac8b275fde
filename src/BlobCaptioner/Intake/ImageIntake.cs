using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Queueing;
using BlobCaptioner.Results;
using BlobCaptioner.Storage;
using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Intake;

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
    private readonly JobClaims _claims;
    private readonly PreparedImages _prepared;

    /// <summary>Creates an intake.</summary>
    /// <param name="storage">Where images, prepared images and the queue are.</param>
    /// <param name="preparer">Prepares images.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    /// <param name="onEvent">Told of every image that was enqueued, rejected or blocked; called from many threads.</param>
    public ImageIntake(
        CaptionStorage storage, ImagePreparer preparer, IntakeOptions? options = null, TimeProvider? time = null, Action<PipelineEvent>? onEvent = null)
    {
        _storage = storage;
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
        _onEvent = onEvent;
        _store = new(storage);
        _claims = new(storage, _options.ClaimTimeout);
        _prepared = new(storage, preparer);
    }

    internal CaptionStorage Storage => _storage;

    internal TimeProvider Time => _time;

    internal Action<PipelineEvent>? OnEvent => _onEvent;

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

        var before = listed is { HasRecord: false } ? null : await _store.ReadAsync(request.Name, cancellationToken);
        return await IngestAsync(request, etag, before, cancellationToken);
    }

    private async Task<IntakeOutcome> IngestAsync(IntakeRequest request, string etag, StoredRecord? before, CancellationToken cancellationToken)
    {
        var name = request.Name;
        var preparation = _prepared.Preparation(request.Profile.ImageTokenBudget);
        if (Decide(before, request, etag, preparation) is { } settled)
        {
            return settled;
        }

        var claimName = JobClaims.NameOf(_storage.Images.Name, name, etag, request.Profile.Version, preparation);
        var claim = await _claims.TryTakeAsync(claimName, cancellationToken);
        if (claim.State == ClaimState.Enqueued)
        {
            claim = await TryTakeLostAsync(claimName, claim, name, before, cancellationToken);
        }

        if (claim.State != ClaimState.Taken)
        {
            return new(IntakeResult.AlreadyQueued);
        }

        var enqueued = false;
        try
        {
            // The claim was free because nobody had begun, or because a worker has just finished. Only now does the record tell which.
            var present = await _store.ReadAsync(name, cancellationToken);
            if (present?.ETag != before?.ETag && Decide(present, request with { Force = false }, etag, preparation) is { } finished)
            {
                return finished;
            }

            var outcome = await TakeInAsync(request, etag, preparation, claimName, present, cancellationToken);
            enqueued = outcome.Result == IntakeResult.Enqueued;
            return outcome;
        }
        finally
        {
            await SettleClaimAsync(claimName, claim.ETag, enqueued);
        }
    }

    private async Task<IntakeOutcome> TakeInAsync(
        IntakeRequest request, string etag, string preparation, string claim, StoredRecord? present, CancellationToken cancellationToken)
    {
        var (name, profile) = (request.Name, request.Profile);
        var source = await PrepareAsync(name, etag, profile, cancellationToken);
        if (source is null)
        {
            return new(IntakeResult.Gone);
        }

        var hash = source.ContentHash ?? "";
        if (!request.Force && hash.Length > 0 && present?.Record is { Status: not RecordStatus.Failed } record
            && record.Image.ContentHash == hash && IsUpToDate(RecordReceipt.Of(record), profile, preparation))
        {
            var refreshed = record with { Image = record.Image with { ETag = etag } };
            return new(Result(await _store.WriteAsync(refreshed, present.ETag, cancellationToken), IntakeResult.Refreshed));
        }

        switch (source.Outcome)
        {
            case PreparationOutcome.Rejected reason:
                return await RejectAsync(request, etag, source, preparation, new(reason.Code, reason.Message, reason.Remedy), present, cancellationToken);
            case PreparationOutcome.Prepared image:
                var preparedName = PreparedImages.NameOf(hash, preparation);
                await CaptionTracing.StepAsync("store prepared", async cancel =>
                {
                    await _prepared.StoreAsync(preparedName, image.Jpeg, cancel);
                    return preparedName;
                }, cancellationToken);
                var job = new CaptionJob
                {
                    Container = _storage.Images.Name,
                    Name = name,
                    ETag = etag,
                    ContentHash = hash,
                    Format = image.SourceFormat,
                    Width = image.SourceWidth,
                    Height = image.SourceHeight,
                    PreparedBlob = preparedName,
                    Preparation = preparation,
                    Profile = profile.Name,
                    ProfileVersion = profile.Version,
                    Claim = claim,
                    Replaces = present?.ETag,
                    EnqueuedAt = _time.GetUtcNow(),
                };

                await SendAsync(job, cancellationToken);
                Tell(PipelineEventKind.Enqueued, name);
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

    private async Task SendAsync(CaptionJob job, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartSend(_storage.Captions.Name);
        try
        {
            // It never expires: a message lost to its time to live would be a picture lost until the next sweep.
            var sent = await _storage.Captions.SendMessageAsync(
                CaptionMessage.Format(CaptionTracing.Stamp(job)), timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancellationToken);
            span?.SetTag("messaging.message.id", sent.Value.MessageId);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            throw;
        }
    }

    private async Task<IntakeOutcome> RejectAsync(
        IntakeRequest request, string etag, PreparedSource source, string preparation, RecordError error, StoredRecord? present, CancellationToken cancellationToken)
    {
        var rejectedBy = _prepared.RejectedBy(preparation);
        var record = new CaptionRecord
        {
            Status = RecordStatus.Rejected,
            Image = new() { Container = _storage.Images.Name, Name = request.Name, ETag = etag, ContentHash = source.ContentHash },
            Profile = new(request.Profile.Name, request.Profile.Version),
            Error = error,
            Generation = new() { Preparation = rejectedBy, Worker = WorkerName.Current, At = _time.GetUtcNow() },
            Fingerprint = Fingerprint.Compute(source.ContentHash ?? "", rejectedBy, request.Profile.Version, modelHash: ""),
        };
        var result = Result(await _store.WriteAsync(record, present?.ETag, cancellationToken), IntakeResult.Rejected);
        if (result == IntakeResult.Rejected)
        {
            Tell(PipelineEventKind.Rejected, request.Name, error, record);
        }

        return new(result, error);
    }

    /// <summary>What can be said without a claim; null where there is something to do.</summary>
    private IntakeOutcome? Decide(StoredRecord? present, IntakeRequest request, string etag, string preparation)
    {
        switch (present)
        {
            case null:
                return null;
            case { Record: null }:
                var error = new RecordError(
                    "record-name-taken",
                    $"'{ImageNames.RecordFor(request.Name)}' lies where the record of '{request.Name}' belongs, and is not a caption record.",
                    "Rename or delete that file, then run the sweep.");
                Tell(PipelineEventKind.Blocked, request.Name, error);
                return new(IntakeResult.Blocked, error);
            case { HasReceipt: false }:
                // Copied here by a tool that drops metadata: it is written anew, with the receipt that listings need.
                return null;
            default:
                var receipt = RecordReceipt.Of(present.Record);
                return receipt.SourceETag == etag && !request.Force && !(request.RetryFailed && receipt.Status == RecordStatus.Failed)
                    && IsUpToDate(receipt, request.Profile, preparation)
                    ? new(IntakeResult.UpToDate)
                    : null;
        }
    }

    /// <summary>True where the record would come out the same again, apart from the image.</summary>
    internal bool IsUpToDate(RecordReceipt receipt, Profile profile, string preparation) =>
        receipt.ProfileVersion == profile.Version
        && receipt.Preparation == (receipt is { Status: RecordStatus.Rejected, ModelHash: "" } ? _prepared.RejectedBy(preparation) : preparation)
        && (_options.Model is null || receipt.ModelHash.Length == 0 || receipt.ModelHash == _options.Model.Hash);

    internal string Preparation(Profile profile) => _prepared.Preparation(profile.ImageTokenBudget);

    /// <summary>
    /// A job that was enqueued but has neither record nor message is lost: somebody cleared the queue. The queue's length counts messages that workers
    /// hold too, and is read after the claim was seen; the record is read again after that.
    /// </summary>
    private async Task<Claim> TryTakeLostAsync(string claimName, Claim seen, string name, StoredRecord? before, CancellationToken cancellationToken)
    {
        var queue = await _storage.Captions.GetPropertiesAsync(cancellationToken);
        if (queue.Value.ApproximateMessagesCount > 0)
        {
            return seen;
        }

        var now = await _store.ReadAsync(name, cancellationToken);
        return now?.ETag == before?.ETag ? await _claims.TryTakeOverAsync(claimName, seen.ETag, cancellationToken) ?? seen : seen;
    }

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

    // Not with the caller's token: whatever happened, the claim should say the truth. If even that fails, it is taken over after its timeout.
    private async Task SettleClaimAsync(string claimName, ETag taken, bool enqueued)
    {
        try
        {
            await (enqueued
                ? _claims.MarkEnqueuedAsync(claimName, taken, CancellationToken.None)
                : _claims.ReleaseAsync(claimName, taken, CancellationToken.None));
        }
        catch (Exception error) when (StorageOutage.IsTransient(error, CancellationToken.None))
        {
            // The outcome, or the error that brought us here, matters more.
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
}
