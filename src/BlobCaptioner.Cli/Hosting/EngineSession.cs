using BlobCaptioner.Captioning;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The model, in this process or on a server, and the preparer of its pictures.</summary>
public sealed class EngineSession : IAsyncDisposable
{
    // More slots only lengthen the cache that each step reads.
    private const int SlotsOfASmallModel = 4;

    private EngineSession(ICaptionModel model, ImagePreparer preparer)
    {
        Model = model;
        Preparer = preparer;
    }

    /// <summary>Describes prepared pictures.</summary>
    public ICaptionModel Model { get; }

    /// <summary>Prepares pictures.</summary>
    public ImagePreparer Preparer { get; }

    /// <summary>Counters of the engine in this process; null if a server does the work.</summary>
    public BatcherSnapshot? Snapshot() => (Model as LocalCaptionModel)?.Snapshot();

    /// <summary>Loads llama.cpp and the model. For a server it only checks that the server answers and accepts the sign-in.</summary>
    /// <param name="choice">The model.</param>
    /// <param name="profile">The largest profile; each slot of the context has room for it.</param>
    /// <param name="images">Settings of the preparation.</param>
    /// <param name="progress">Receives messages for people about steps that take long.</param>
    /// <param name="logging">Logs failures of the engine.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SequenceDecoderException">llama.cpp or the model could not be loaded.</exception>
    /// <exception cref="CaptionException">The server can't be used.</exception>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">The key of the server is missing.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option of the server is out of range.</exception>
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

    /// <summary>The options with which a model is loaded into this process.</summary>
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

    /// <summary>Unloads the model, or cancels the requests to the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Model).DisposeAsync();
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

/// <summary>The model to use and its settings.</summary>
public sealed record EngineChoice
{
    /// <summary>Full path of the text model; null for the bundled one.</summary>
    public required string? Model { get; init; }

    /// <summary>Full path of its vision part; null for the bundled one.</summary>
    public required string? Mmproj { get; init; }

    /// <summary>Pictures decoded at the same time, 1 to 64; null for a default by the model's size.</summary>
    public required int? Slots { get; init; }

    /// <summary>CPU threads of each part of the model, 1 to 512; null for the default of <see cref="DecoderOptions"/>.</summary>
    public required int? Threads { get; init; }

    /// <summary>Type of the KV cache. Default F16.</summary>
    public KvCacheType CacheType { get; init; } = KvCacheType.F16;

    /// <summary>Attention kernel on the CPU, one of <see cref="AttentionNames.Kernels"/>. Default auto.</summary>
    public string Attention { get; init; } = AttentionNames.Auto;

    /// <summary>Flash attention, one of <see cref="AttentionNames.Flash"/>. Default auto.</summary>
    public string FlashAttention { get; init; } = AttentionNames.Auto;

    /// <summary>A model server instead of a model in this process; null for none.</summary>
    public RemoteModelOptions? Server { get; init; }
}
