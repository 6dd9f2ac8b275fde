using BlobCaptioner.Captioning;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.GpuWorker;

/// <summary>The model in this process, on LLamaSharp.</summary>
internal static partial class LLamaSharpModel
{
    /// <summary>Makes the factory: it finds or downloads the model that the settings name, and loads it.</summary>
    public static CaptionModelFactory Factory(IServiceProvider services) => cancellationToken => LoadAsync(services, cancellationToken);

    private static async Task<ICaptionModel> LoadAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var model = services.GetRequiredService<ModelOptions>();
        var engine = services.GetRequiredService<EngineOptions>();
        var profile = services.GetRequiredService<Profile>();
        var logging = services.GetRequiredService<ILoggerFactory>();
        var time = services.GetRequiredService<TimeProvider>();
        var batching = engine.Batching();
        var options = SampleModel.Options;
        if (!model.IsSample)
        {
            var files = await ModelFinder.FindAsync(model, time, logging, cancellationToken);
            options = options with { TextModelPath = files.Text, VisionModelPath = files.Vision };
        }

        options = options with
        {
            MaxSequences = batching.Sequences,
            ContextTokens = engine.ContextTokensFor(profile),
            Threads = engine.Threads,
            ImageThreads = engine.Threads,
            GpuLayers = engine.GpuLayers,
            CacheType = KvCacheTypes.Parse(engine.KvCache),
        };
        options = options.WithAttention(engine.Attention, engine.FlashAttention);
        cancellationToken.ThrowIfCancellationRequested();
        var logger = logging.CreateLogger<LLamaSharpDecoder>();
        var free = FreeMemory.Find(options.GpuLayers, logger);
        (var decoder, batching) = MemoryFit.Load(options, batching, profile, free, o => LLamaSharpDecoder.Load(o, logger), m => Reduced(logger, m));
        return new LocalCaptionModel(decoder, batching, logging.CreateLogger<ContinuousBatcher>(), time);
    }

    [LoggerMessage(4103, LogLevel.Warning, "{Change}")]
    private static partial void Reduced(ILogger logger, string change);
}
