using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The model, loaded once, and what prepares pictures for it.</summary>
public sealed class EngineSession : IAsyncDisposable
{
    // a prompt with instruction and chat markup, and the keys and quotes of an answer
    private const int PromptTokens = 512;
    private const int ShapeTokens = 128;

    private EngineSession(LocalCaptionModel model, ImagePreparer preparer)
    {
        Model = model;
        Preparer = preparer;
    }

    /// <summary>Describes prepared pictures.</summary>
    public LocalCaptionModel Model { get; }

    /// <summary>Prepares pictures.</summary>
    public ImagePreparer Preparer { get; }

    /// <summary>Sets llama.cpp up on first use and loads the model.</summary>
    /// <param name="choice">Which model.</param>
    /// <param name="profile">The largest profile that it will write; the context holds as much in every slot.</param>
    /// <param name="images">How pictures are prepared.</param>
    /// <param name="progress">Told what takes long, for people.</param>
    /// <param name="logging">For the engine's failures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NativeSetupException">llama.cpp could not be set up; the message says what to do.</exception>
    /// <exception cref="SequenceDecoderException">The model could not be loaded.</exception>
    public static async Task<EngineSession> LoadAsync(
        EngineChoice choice, Profile profile, ImageOptions images, IProgress<string>? progress, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        await NativeLibraries.EnsureAsync(progress, cancellationToken);
        var batching = new BatcherOptions { Slots = choice.Slots };
        var answer = ShapeTokens + profile.Fields.Sum(f => f.Kind == FieldKind.Text ? f.MaxCharacters : 16);
        var options = SampleModel.Options with
        {
            MaxSequences = batching.Sequences,
            Threads = choice.Threads,
            ImageThreads = choice.Threads,
            ContextTokens = choice.Slots * (profile.ImageTokenBudget + answer) + batching.Prefixes * PromptTokens,
        };
        if (choice is { Model: { } text, Mmproj: { } vision })
        {
            options = options with { TextModelPath = text, VisionModelPath = vision };
        }

        var decoder = await Task.Run(() => LlamaCppDecoder.Load(options, logging.CreateLogger<LlamaCppDecoder>()), cancellationToken);
        return new(new LocalCaptionModel(decoder, batching, logging.CreateLogger<ContinuousBatcher>()), new ImagePreparer(images));
    }

    /// <summary>Unloads the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await Model.DisposeAsync();
        Preparer.Dispose();
    }
}
