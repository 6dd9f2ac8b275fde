using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Decoding;
using BlobCaptioner.LlamaCpp.Interop;
using LLama;
using LLama.Exceptions;
using LLama.Native;
using MtmdContextParams = LLama.Native.MtmdContextParams;

namespace BlobCaptioner.GpuWorker.Decoding;

/// <summary>LLamaSharp's mtmd handle as a vision tower: pixels to embeddings. One picture at a time.</summary>
internal sealed unsafe class LLamaSharpVision : IDisposable
{
    private const int ProbeEdge = 64;

    private readonly SafeMtmdModelHandle _mtmd;
    private readonly ProcessorShare _share;
    private readonly int _embeddingWidth;
    private readonly string _marker;
    private readonly Lock _gate = new();

    /// <exception cref="SequenceDecoderException">It does not load, does not fit the language model, or works in a way that is not supported.</exception>
    public LLamaSharpVision(LLamaWeights weights, LlamaCppOptions options, ProcessorShare share)
    {
        _share = share;
        var path = options.VisionModelPath;
        var parameters = MtmdContextParams.Default();
        parameters.UseGpu = options.GpuLayers != 0;
        parameters.PrintTimings = false;
        parameters.NThreads = share.ImageThreads;
        parameters.Warmup = false;
        parameters.ImageMinTokens = options.ImageMinTokens ?? -1;
        parameters.ImageMaxTokens = options.ImageMaxTokens ?? -1;
        _marker = NativeApi.MtmdDefaultMarker() ?? throw new SequenceDecoderException("libmtmd states no marker for pictures. Use the libraries of LLamaSharp's own backend package.");
        _embeddingWidth = NativeCalls.llama_model_n_embd_inp(weights.NativeHandle);
        NativeLog.StartErrors();
        try
        {
            _mtmd = SafeMtmdModelHandle.LoadFromFile(path, weights, parameters);
        }
        catch (LoadWeightsFailedException error)
        {
            throw new SequenceDecoderException(
                $"llama.cpp could not load the vision tower '{path}': {VisionErrors.Reason()} "
                + $"Its embeddings must be {_embeddingWidth} wide for '{options.TextModelPath}': name the mmproj file that was published with that model.",
                error);
        }

        try
        {
            VisionErrors.Require(path, _mtmd.SupportVision(), NativeCalls.mtmd_decode_use_non_causal(_mtmd, 0) != 0);
            UsesPlanes = _mtmd.DecodeUseMRope();
            (StartTokens, EndTokens) = ReadFrame(path);
        }
        catch
        {
            _mtmd.Dispose();
            throw;
        }
    }

    /// <summary>True where an image token has four positions (M-RoPE).</summary>
    public bool UsesPlanes { get; }

    /// <summary>Tokens before every picture.</summary>
    public IReadOnlyList<int> StartTokens { get; }

    /// <summary>Tokens after every picture.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>See <see cref="ISequenceDecoder.EncodeImage"/>.</summary>
    public EncodedImage Encode(PixelImage image)
    {
        VisionErrors.RequireBytes(image);
        NativeLog.StartErrors();
        using var bitmap = SafeMtmdEmbed.FromRgbBytes((uint)image.Width, (uint)image.Height, image.Rgb.Span)
            ?? throw VisionErrors.Refused(image.Width, image.Height, code: 0);
        lock (_gate)
        {
            using var chunks = Tokenize(bitmap, image.Width, image.Height);
            var picture = SingleImage(chunks);
            var rc = _share.Encode(() => NativeCalls.mtmd_encode_chunk(_mtmd, picture.NativePtr));
            return rc == 0 ? Read(picture) : throw VisionErrors.Failed(image.Width, image.Height, rc);
        }
    }

    public void Dispose()
    {
        // A picture that is being encoded can't be stopped: wait for it.
        lock (_gate)
        {
            _mtmd.Dispose();
        }
    }

    private static SafeMtmdInputChunk SingleImage(SafeMtmdInputChunks chunks)
    {
        var pictures = chunks.Enumerate().Where(c => c.Type == SafeMtmdInputChunk.SafeMtmdInputChunkType.Image).ToList();
        return pictures.Count == 1 ? pictures[0] : throw VisionErrors.Tiles(pictures.Count);
    }

    private SafeMtmdInputChunks Tokenize(SafeMtmdEmbed bitmap, int width, int height)
    {
        var rc = _mtmd.Tokenize(_marker, addSpecial: false, parseSpecial: true, [bitmap], out var chunks);
        return rc == 0 && chunks is not null ? chunks : throw VisionErrors.Refused(width, height, rc);
    }

    // What mtmd puts around a picture.
    private (IReadOnlyList<int> Start, IReadOnlyList<int> End) ReadFrame(string path)
    {
        NativeLog.StartErrors();
        using var bitmap = SafeMtmdEmbed.FromRgbBytes(ProbeEdge, ProbeEdge, new byte[ProbeEdge * ProbeEdge * 3]) ?? throw VisionErrors.Refused(ProbeEdge, ProbeEdge, 0);
        using var chunks = Tokenize(bitmap, ProbeEdge, ProbeEdge);
        _ = SingleImage(chunks);
        List<int> start = [];
        List<int> end = [];
        var target = start;
        foreach (var chunk in chunks.Enumerate())
        {
            switch (chunk.Type)
            {
                case SafeMtmdInputChunk.SafeMtmdInputChunkType.Image:
                    target = end;
                    break;
                case SafeMtmdInputChunk.SafeMtmdInputChunkType.Text:
                    target.AddRange(chunk.GetTextTokensSpan());
                    break;
                default:
                    throw VisionErrors.Wrapped(path);
            }
        }

        return (start, end);
    }

    private EncodedImage Read(SafeMtmdInputChunk picture)
    {
        var tokens = (int)picture.NTokens;
        var positions = Array.Empty<int>();
        if (UsesPlanes)
        {
            var each = new MtmdDecoderPos[tokens];
            fixed (MtmdDecoderPos* to = each)
            {
                NativeCalls.mtmd_helper_image_get_decoder_pos(NativeCalls.mtmd_input_chunk_get_tokens_image(picture.NativePtr), 0, to);
            }

            positions = MtmdDecoderPos.ToPlanes(each);
        }

        return new()
        {
            Embeddings = new ReadOnlySpan<float>(NativeCalls.mtmd_get_output_embd(_mtmd), checked(tokens * _embeddingWidth)).ToArray(),
            TokenCount = tokens,
            PositionCount = (int)picture.NPos,
            RelativePositions = positions,
        };
    }
}
