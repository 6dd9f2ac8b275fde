using BlobCaptioner.Captioning;
using BlobCaptioner.GpuWorker.Decoding;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;

namespace BlobCaptioner.GpuWorker;

/// <summary>The model in this process, on LLamaSharp.</summary>
internal static class LLamaSharpModel
{
    /// <summary>Makes the factory that finds or downloads the model that the settings name, and loads it.</summary>
    public static CaptionModelFactory Factory(IServiceProvider services) => cancellationToken => LoadAsync(services, cancellationToken);

    private static async Task<ICaptionModel> LoadAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var model = services.GetRequiredService<ModelOptions>();
        var engine = services.GetRequiredService<EngineOptions>();
        var profile = services.GetRequiredService<Profile>();
        var logging = services.GetRequiredService<ILoggerFactory>();
        var time = services.GetRequiredService<TimeProvider>();
        var options = SampleModel.Options;
        if (!model.IsSample)
        {
            var files = await ModelFinder.FindAsync(model, time, logging, cancellationToken);
            options = options with { TextModelPath = files.Text, VisionModelPath = files.Vision };
        }

        options = options with
        {
            MaxSequences = engine.Batching.Sequences,
            ContextTokens = engine.ContextTokensFor(profile),
            Threads = engine.Threads,
            ImageThreads = engine.Threads,
            GpuLayers = engine.GpuLayers,
        };
        cancellationToken.ThrowIfCancellationRequested();
        var decoder = LLamaSharpDecoder.Load(options, logging.CreateLogger<LLamaSharpDecoder>());
        return new LocalCaptionModel(decoder, engine.Batching, logging.CreateLogger<ContinuousBatcher>(), time);
    }
}
