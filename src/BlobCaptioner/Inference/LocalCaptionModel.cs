using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Inference;

/// <summary>The embedded model: a <see cref="ContinuousBatcher"/> over a decoder in this process. Compiles each profile once.</summary>
public sealed class LocalCaptionModel : ICaptionModel, IAsyncDisposable
{
    // More versions than a shop has folders with settings; beyond, all are compiled again.
    private const int MostPlans = 64;

    private readonly ISequenceDecoder _decoder;
    private readonly ContinuousBatcher _batcher;
    private readonly SemaphoreSlim _pixels;
    private volatile bool _isDisposed;
    private readonly ConcurrentDictionary<string, DecodingPlan> _plans = new(StringComparer.Ordinal);

    /// <summary>Starts the engine.</summary>
    /// <param name="decoder">The loaded model, with at least <see cref="BatcherOptions.Sequences"/> sequences; disposed with this.</param>
    /// <param name="options">Slots and limits; null for the defaults.</param>
    /// <param name="logger">For failures; null for none.</param>
    /// <param name="timeProvider">For durations; null for the system's.</param>
    /// <exception cref="ArgumentException">The decoder holds too few sequences.</exception>
    public LocalCaptionModel(ISequenceDecoder decoder, BatcherOptions? options = null, ILogger<ContinuousBatcher>? logger = null, TimeProvider? timeProvider = null)
    {
        _decoder = decoder;
        _batcher = new ContinuousBatcher(decoder, options, logger, timeProvider);
        _pixels = new SemaphoreSlim(2 * _batcher.Slots + 2);
        Info = new CaptionModelInfo(decoder.Info.ModelName, decoder.Info.ModelHash, decoder.Info.Engine);
    }

    /// <inheritdoc/>
    public CaptionModelInfo Info { get; }

    /// <inheritdoc/>
    public int Concurrency => _batcher.Slots;

    /// <summary>What the engine has done and does, for live tables.</summary>
    public BatcherSnapshot Snapshot() => _batcher.Snapshot();

    /// <inheritdoc/>
    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Images.Count is < 1 or > CaptionRequest.MaxImages)
        {
            throw new ArgumentException($"A request has {request.Images.Count} pictures; it takes 1 to {CaptionRequest.MaxImages}.", nameof(request));
        }

        // Pixels are 20 times the JPEG: only the next few pictures are decoded, whatever the number of callers.
        await _pixels.WaitAsync(cancellationToken);
        try
        {
            var work = await Task.Run(() => Read(request), cancellationToken);
            return await _batcher.DescribeAsync(work, cancellationToken);
        }
        catch (ObjectDisposedException) when (_isDisposed)
        {
            throw BatcherErrors.Stopping();
        }
        finally
        {
            _pixels.Release();
        }
    }

    /// <summary>Gives up what runs, with errors that allow another try, then unloads the model.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _batcher.DisposeAsync();
        _decoder.Dispose();
    }

    private PictureRequest Read(CaptionRequest request) => new()
    {
        Name = request.Images[0].Name,
        Images = [.. request.Images.Select(Decode)],
        Plan = GetPlan(request.Profile),
        Facts = request.Facts,
        Sampling = request.Profile.Sampling,
        Seed = request.Seed,
        Draft = request.Draft,
    };

    private DecodingPlan GetPlan(Profile profile)
    {
        if (_plans.Count > MostPlans)
        {
            _plans.Clear();
        }

        return _plans.GetOrAdd(profile.Version, static (_, state) => DecodingPlan.Compile(state.profile, state._decoder), (profile, _decoder));
    }

    private static PixelImage Decode(PreparedImage image)
    {
        try
        {
            return PreparedJpeg.Decode(image);
        }
        catch (InvalidDataException error)
        {
            throw new CaptionException(
                "prepared-unreadable", error.Message, "Delete its blob in the container 'prepared' and sweep again.", retry: false, error);
        }
    }
}
