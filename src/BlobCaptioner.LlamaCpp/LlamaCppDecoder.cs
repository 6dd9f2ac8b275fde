using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Decoding;
using BlobCaptioner.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.LlamaCpp;

/// <summary>llama.cpp in this process: one language model, its vision tower and one KV cache for all sequences.</summary>
/// <remarks>
/// Threads as <see cref="ISequenceDecoder"/> says. <see cref="Abort"/> and <see cref="Dispose"/> may be called from any thread:
/// on a CPU the step that runs then ends within milliseconds. A picture that is being encoded can't be stopped and is waited for.
/// </remarks>
public sealed unsafe class LlamaCppDecoder : ISequenceDecoder
{
    private readonly ModelHandle _model;
    private readonly VisionTower _vision;
    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private readonly SequenceContext _context;

    private LlamaCppDecoder(LlamaCppOptions options, Task<string> hash)
    {
        _model = LoadModel(options);
        try
        {
            MappedFile.Release(options.TextModelPath);
            var name = ReadMetadata("general.name") ?? Path.GetFileNameWithoutExtension(options.TextModelPath);
            _template = new ChatTemplate(_model, name);
            _vocabulary = new Vocabulary(_model);
            var share = new ProcessorShare(options, Environment.ProcessorCount);
            _vision = new VisionTower(options.VisionModelPath, _model, options, share);
            var abort = new AbortFlag();
            _context = new(
                new LlamaContext(_model, options, abort, share), abort, new(options.BatchTokens, options.MaxSequences, _vocabulary.Size), _vision.UsesPlanes);
            Info = new()
            {
                ModelName = name,
                ModelHash = hash.GetAwaiter().GetResult(),
                Engine = $"llama.cpp v{NativeAbi.Version}",
                VocabularySize = _vocabulary.Size,
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

    /// <summary>Loads a model. <see cref="NativeLibraries.EnsureAsync"/> must have ended before.</summary>
    /// <param name="options">Which model, and how much room.</param>
    /// <param name="logger">
    /// Takes llama.cpp's own warnings and errors under these levels, the rest as Debug and Trace. Native logs are per process: the logger given last takes all.
    /// Null for none.
    /// </param>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    /// <exception cref="NativeSetupException">The native libraries are not loaded.</exception>
    /// <exception cref="SequenceDecoderException">A file is missing, cut or not what it is said to be, or the two don't belong together.</exception>
    public static LlamaCppDecoder Load(LlamaCppOptions options, ILogger? logger = null)
    {
        options.Validate();
        if (NativeLoader.LoadedFrom is null)
        {
            throw new NativeSetupException($"llama.cpp is not loaded. Await {nameof(NativeLibraries)}.{nameof(NativeLibraries.EnsureAsync)} first.");
        }

        NativeLog.Logger = logger;
        ModelFiles.Check(options.TextModelPath, options.VisionModelPath);
        return new LlamaCppDecoder(options, Task.Run(() => ModelFiles.Hash(options.TextModelPath, options.VisionModelPath)));
    }

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool parseSpecial) => _vocabulary.Tokenize(text, parseSpecial);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public ReadOnlyMemory<byte> GetTokenBytes(int token) => _vocabulary.BytesOf(token);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public bool IsEndOfGeneration(int token) => _vocabulary.IsEnd(token);

    /// <inheritdoc/>
    /// <exception cref="SequenceDecoderException">llama.cpp does not know the model's template.</exception>
    public ChatFrame FormatChat(string system, string user) => _template.Format(system, user);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The bytes don't fit width and height.</exception>
    public EncodedImage EncodeImage(PixelImage image) => _vision.Encode(image);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Too many tokens, none, or one with a token, position or sequence out of range; nothing was decoded.</exception>
    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens) => _context.Decode(tokens);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Too many tokens, none, or a slice outside its picture; nothing was decoded.</exception>
    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices) => _context.DecodeImages(slices);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">That token's logits were not asked for in the last step.</exception>
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
        _model.Dispose();
    }

    private static ModelHandle LoadModel(LlamaCppOptions options)
    {
        var parameters = LlamaNative.llama_model_default_params();
        parameters.GpuLayers = options.GpuLayers;
        NativeLog.StartErrors();
        var model = LlamaNative.llama_model_load_from_file(options.TextModelPath, parameters);
        if (!model.IsInvalid)
        {
            return model;
        }

        model.Dispose();
        throw DecodeErrors.NoModel($"llama.cpp v{NativeAbi.Version}", options.TextModelPath, NativeLog.TakeErrors());
    }

    private string? ReadMetadata(string key)
    {
        const int Capacity = 512;
        var buffer = stackalloc byte[Capacity];
        return LlamaNative.llama_model_meta_val_str(_model, key, buffer, Capacity) > 0 ? LlamaNative.Text(buffer) : null;
    }
}
