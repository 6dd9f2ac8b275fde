using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>TEMPORARY, for the branch func until the lead's version is merged: today's handler below a <see cref="JobDelivery"/>.</summary>
public sealed class CaptionJobHandler : IDisposable
{
    private readonly CaptionStorage _storage;
    private readonly ModelGate _gate;
    private readonly LeasedJobHandler _handler;

    /// <summary>Creates it.</summary>
    public CaptionJobHandler(
        CaptionStorage storage, ImagePreparer preparer, ICaptionModel model, Func<string, Profile> profiles, QueueLoopOptions? options = null, TimeProvider? time = null,
        Action<PipelineEvent>? onEvent = null, ILogger? logger = null, FolderSettings? settings = null)
    {
        options = new QueueLoopOptionsValidator().Require(options ?? new());
        _storage = storage;
        time ??= TimeProvider.System;
        _gate = new((options.Slots ?? model.Concurrency) + options.Lookahead);
        _handler = new(
            storage, new(storage, preparer), model, profiles, (settings ?? new(storage, time: time)).ResolveAsync, options, _gate, time,
            new(time, onEvent, logger ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
    }

    /// <summary>Handles a delivery.</summary>
    public async Task HandleAsync(JobDelivery delivery, CancellationToken stop, CancellationToken abort)
    {
        await using var lease = new JobLease(_storage.Captions, delivery);
        await _handler.HandleAsync(lease, stop, abort);
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();
}
