using System.Text;
using BlobCaptioner.Engine.Attention;
using BlobCaptioner.Engine.Decoding;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Validation;
using LLama;
using LLama.Common;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Engine;

/// <summary>
/// llama.cpp through LLamaSharp's model, context, batch and mtmd handles, with the libraries of its backend package (CUDA 12, or the CPU's).
/// Its BatchedExecutor is not used: see this project's page.
/// </summary>
/// <remarks>Threads as <see cref="ISequenceDecoder"/> says; <see cref="Abort"/> and <see cref="Dispose"/> may be called from any thread. On a GPU a step runs to its end.</remarks>
public sealed partial class LLamaSharpDecoder : ISequenceDecoder
{
    private readonly LLamaWeights _weights;
    private readonly VisionTower _vision;
    private readonly SequenceContext _context;
    private readonly TokenTable _tokens;
    private readonly string _name;
    private readonly string _template;

    private LLamaSharpDecoder(DecoderOptions options, Task<string> hash)
    {
        _weights = LoadWeights(options);
        try
        {
            var model = _weights.NativeHandle;
            _name = _weights.Metadata.GetValueOrDefault("general.name") ?? Path.GetFileNameWithoutExtension(options.TextModelPath);
            _template = model.GetTemplate(name: null, strict: false)
                ?? throw new SequenceDecoderException($"The model '{_name}' has no chat template, so it was not trained to follow instructions. Use an instruction-tuned one.");
            _tokens = new(model.Vocab.Count, ReadPiece, token => ((LLamaToken)token).IsEndOfGeneration(model));
            var share = new ProcessorShare(options, Environment.ProcessorCount);
            _vision = new VisionTower(_weights, options, share);
            _context = new(model, options, new(options.BatchTokens, options.MaxSequences, _tokens.Size), share, _vision.UsesPlanes);
            Info = new()
            {
                ModelName = _name,
                ModelHash = hash.GetAwaiter().GetResult(),
                Engine = NativeLibraries.Engine,
                VocabularySize = _tokens.Size,
                MaxSequences = options.MaxSequences,
                ContextTokens = _context.Cells,
                BatchTokens = options.BatchTokens,
                ImageStartTokens = _vision.StartTokens,
                ImageEndTokens = _vision.EndTokens,
            };
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public DecoderInfo Info { get; }

    /// <summary>Loads LLamaSharp's native libraries, then a model.</summary>
    /// <param name="options">Which model, and how much room.</param>
    /// <param name="logger">Takes llama.cpp's log; the logger given last takes all. Null for none.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    /// <exception cref="SequenceDecoderException">A library or a file is missing or unfit, or there is too little memory.</exception>
    public static LLamaSharpDecoder Load(DecoderOptions options, ILogger? logger = null)
    {
        new DecoderOptionsValidator().Require(options);
        ModelFiles.Check(options.TextModelPath, options.VisionModelPath);
        var libraries = NativeLibraries.Load(logger);
        if (!NativeLibraries.OnGpu(options.GpuLayers))
        {
            // Before the model: llama.cpp lists its buffer types when it loads one.
            var attention = AttentionKernel.Install(NativeLibraries.HandleOf("ggml"), NativeLibraries.HandleOf("ggml-base"), options.UseOwnAttention);
            if (logger is not null)
            {
                Attention(logger, attention.Text);
            }
        }

        if (logger is not null && options.GpuLayers != 0 && libraries is { ExpectsGpu: true, WhyNoGpu: { } why })
        {
            NoGpu(logger, why);
        }
        else if (logger is not null)
        {
            Computing(logger, options.GpuLayers != 0 && libraries.Gpu is { } gpu ? gpu : "the CPU", libraries.Folder);
        }

        return new(options, Task.Run(() => ModelFiles.Hash(options.TextModelPath, options.VisionModelPath)));
    }

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool parseSpecial)
    {
        ObjectDisposedException.ThrowIf(_weights.NativeHandle.IsClosed, this);
        return text.Length == 0 ? [] : Array.ConvertAll(_weights.NativeHandle.Tokenize(text, addBos: false, parseSpecial, Encoding.UTF8), t => (int)t);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetTokenBytes(int token) => _tokens.BytesOf(token);

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => _tokens.IsEnd(token);

    /// <inheritdoc/>
    /// <exception cref="SequenceDecoderException">llama.cpp does not know the model's template.</exception>
    public ChatFrame FormatChat(string system, string user) => ChatLayout.Split(_name, system, user, Apply);

    /// <inheritdoc/>
    public EncodedImage EncodeImage(PixelImage image) => _vision.Encode(image);

    /// <inheritdoc/>
    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens) => _context.Decode(tokens);

    /// <inheritdoc/>
    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices) => _context.DecodeImages(slices);

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetLogits(int index) => _context.GetLogits(index);

    /// <inheritdoc/>
    public void Fork(int from, int to) => _context.Fork(from, to);

    /// <inheritdoc/>
    public void Remove(int sequence, int fromPosition = 0) => _context.Remove(sequence, fromPosition);

    /// <summary>Makes the decode step that runs, or else the next one, end with <see cref="DecodeStatus.Aborted"/>. On a GPU it may run to its end.</summary>
    public void Abort() => _context.Abort();

    /// <summary>Aborts the step that runs, waits for it and for a picture that is being encoded, and frees the model.</summary>
    public void Dispose()
    {
        _context?.Dispose();
        _vision?.Dispose();
        _weights.Dispose();
    }

    private static LLamaWeights LoadWeights(DecoderOptions options)
    {
        NativeLog.StartErrors();
        try
        {
            // LLamaSharp's default copies the file into memory. Mapped, its pages are shared by all processes and can be given back.
            var weights = LLamaWeights.LoadFromFile(new ModelParams(options.TextModelPath) { GpuLayerCount = options.GpuLayers, LoadMode = LLamaLoadMode.MemoryMap });
            MappedFile.Release(options.TextModelPath);
            return weights;
        }
        catch (LoadWeightsFailedException error)
        {
            throw DecodeErrors.NoModel(NativeLibraries.Engine, options.TextModelPath, NativeLog.TakeErrors(), error);
        }
    }

    private int ReadPiece(int token, Span<byte> buffer)
    {
        var length = (int)_weights.NativeHandle.TokenToSpan(token, buffer);
        return length <= buffer.Length ? length : -length;
    }

    private string Apply(string system, string user)
    {
        var template = new LLamaTemplate(_template) { AddAssistant = true };
        if (system.Length > 0)
        {
            template.Add("system", system);
        }

        try
        {
            return Encoding.UTF8.GetString(template.Add("user", user).Apply());
        }
        catch (MissingTemplateException error)
        {
            throw new SequenceDecoderException(
                $"{NativeLibraries.Engine} does not know the chat template of '{_name}'. "
                + "Use a model whose template llama.cpp lists: https://github.com/ggml-org/llama.cpp/wiki/Templates-supported-by-llama_chat_apply_template",
                error);
        }
    }

    [LoggerMessage(4101, LogLevel.Information, "The model computes on {Device}, with the libraries in '{Folder}'")]
    private static partial void Computing(ILogger logger, string device, string folder);

    [LoggerMessage(4104, LogLevel.Information, "{Status}")]
    private static partial void Attention(ILogger logger, string status);

    [LoggerMessage(4102, LogLevel.Warning, "No GPU is used: {Reason}. Engine__GpuLayers=0 asks for the CPU")]
    private static partial void NoGpu(ILogger logger, string reason);
}
