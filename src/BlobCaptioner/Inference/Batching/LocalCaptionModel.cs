using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The embedded model: a <see cref="ContinuousBatcher"/> over a decoder in this process. Compiles each profile once.</summary>
public sealed class LocalCaptionModel : ICaptionModel, IAsyncDisposable
{
    // More than a shop has folders with settings. Beyond, all are compiled again.
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

    /// <summary>The engine's counts and state, for live tables.</summary>
    public BatcherSnapshot Snapshot() => _batcher.Snapshot();

    /// <inheritdoc/>
    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        CaptionRequest.RequireImages(request);

        // Pixels are 20 times the JPEG: only the next few pictures are decoded, whatever the number of callers.
        await _pixels.WaitAsync(cancellationToken);
        try
        {
            var (pixels, plan) = await Task.Run(() => (request.Images.Select(Decode).ToArray(), GetPlan(request.Profile)), cancellationToken);
            return await _batcher.DescribeAsync(request, plan, pixels, cancellationToken);
        }
        catch (ObjectDisposedException) when (_isDisposed)
        {
            throw CaptionException.Stopping();
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
