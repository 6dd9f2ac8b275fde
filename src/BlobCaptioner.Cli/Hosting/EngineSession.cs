using BlobCaptioner.Captioning;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The model, loaded once or served elsewhere, and what prepares pictures for it.</summary>
public sealed class EngineSession : IAsyncDisposable
{
    // More of them only lengthen the cache that each step reads.
    private const int SlotsOfASmallModel = 4;

    private readonly LocalCaptionModel? _local;
    private readonly RemoteCaptionModel? _remote;

    private EngineSession(LocalCaptionModel model, ImagePreparer preparer)
    {
        Model = _local = model;
        Preparer = preparer;
    }

    private EngineSession(RemoteCaptionModel model, ImagePreparer preparer)
    {
        Model = _remote = model;
        Preparer = preparer;
    }

    /// <summary>Describes prepared pictures.</summary>
    public ICaptionModel Model { get; }

    /// <summary>Prepares pictures.</summary>
    public ImagePreparer Preparer { get; }

    /// <summary>What the engine in this process has done and does; null where a server does the work.</summary>
    public BatcherSnapshot? Snapshot() => _local?.Snapshot();

    /// <summary>Loads llama.cpp and the model; for a server, sees that it is there and takes the sign-in, and llama.cpp is not touched.</summary>
    /// <param name="choice">Which model.</param>
    /// <param name="profile">The largest profile that it will write; the context holds as much in every slot.</param>
    /// <param name="images">How pictures are prepared.</param>
    /// <param name="progress">Told what takes long, for people.</param>
    /// <param name="logging">For the engine's failures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SequenceDecoderException">llama.cpp or the model could not be loaded; the message says what to do.</exception>
    /// <exception cref="CaptionException">The server can't be used; the message says what to do.</exception>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">The server's key is missing.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The server's options are wrong.</exception>
    public static async Task<EngineSession> LoadAsync(
        EngineChoice choice, Profile profile, ImageOptions images, IProgress<string>? progress, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        if (choice.Server is { } server)
        {
            return await ConnectAsync(server, images, progress, logging, cancellationToken);
        }

        var (options, batching) = Plan(choice, profile);
        var logger = logging.CreateLogger<LLamaSharpDecoder>();
        if (options.GpuLayers != 0 && NativeLibraries.Load(logger) is { ExpectsGpu: true, WhyNoGpu: { } why })
        {
            progress?.Report($"No GPU is used: {why}.");
        }

        var (decoder, slots) = await Task.Run(
            () => MemoryFit.Load(options, batching, profile, FreeMemory.Find(options.GpuLayers, logger), o => LLamaSharpDecoder.Load(o, logger), m => progress?.Report(m)),
            cancellationToken);
        return new(new LocalCaptionModel(decoder, slots, logging.CreateLogger<ContinuousBatcher>()), new ImagePreparer(images));
    }

    /// <summary>How a model in this process is loaded.</summary>
    /// <param name="choice">Which model.</param>
    /// <param name="profile">As for <see cref="LoadAsync"/>.</param>
    internal static (DecoderOptions Model, BatcherOptions Batching) Plan(EngineChoice choice, Profile profile)
    {
        var options = choice is { Model: { } text, Mmproj: { } vision } ? new DecoderOptions { TextModelPath = text, VisionModelPath = vision } : SampleModel.Options;
        var batching = new BatcherOptions();
        batching = batching with { Slots = choice.Slots ?? (DecoderOptions.IsSmall(options.TextModelPath) ? SlotsOfASmallModel : batching.Slots) };
        options = options.WithAttention(choice.Attention, choice.FlashAttention);
        return (options with
        {
            MaxSequences = batching.Sequences,
            Threads = choice.Threads,
            ImageThreads = choice.Threads,
            ContextTokens = ContextSize.For(profile, batching),
            CacheType = choice.CacheType,
        }, batching);
    }

    /// <summary>Unloads the model, or gives up what the server was asked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_local is not null)
        {
            await _local.DisposeAsync();
        }

        if (_remote is not null)
        {
            await _remote.DisposeAsync();
        }

        Preparer.Dispose();
    }

    private static async Task<EngineSession> ConnectAsync(
        RemoteModelOptions server, ImageOptions images, IProgress<string>? progress, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var model = RemoteCaptionModel.Create(server, logging);
        try
        {
            progress?.Report($"Asking the model server {server.Endpoint}");
            await model.CheckAsync(cancellationToken);
            return new(model, new ImagePreparer(images));
        }
        catch
        {
            await model.DisposeAsync();
            throw;
        }
    }
}
