using System.Text;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>libmtmd's vision tower: pixels to embeddings. One picture at a time.</summary>
internal sealed unsafe class VisionTower : IDisposable
{
    private const int ProbeEdge = 64;

    // LLAMA_FLASH_ATTN_TYPE_ENABLED
    private const int FlashAttentionEnabled = 1;

    private readonly ProcessorShare _share;
    private readonly MtmdHandle _mtmd;
    private readonly int _embeddingWidth;
    private readonly byte[] _marker;
    private readonly Lock _gate = new();

    /// <param name="path">The mmproj file.</param>
    /// <param name="model">The language model that it was made for.</param>
    /// <param name="options">Limits.</param>
    /// <param name="share">Says how many threads it has, and is told when they work.</param>
    /// <exception cref="SequenceDecoderException">It does not load, does not fit the language model, or works in a way that is not supported.</exception>
    public VisionTower(string path, ModelHandle model, LlamaCppOptions options, ProcessorShare share)
    {
        _share = share;
        var parameters = MtmdNative.mtmd_context_params_default();
        parameters.UseGpu = options.GpuLayers == 0 ? (byte)0 : (byte)1;
        parameters.PrintTimings = 0;
        parameters.Threads = share.ImageThreads;
        if (options.FlashAttention ?? (NativeLoader.HasAttention && LlamaNative.llama_supports_gpu_offload() == 0))
        {
            // Left to itself, mtmd decides by a warm-up.
            parameters.FlashAttention = FlashAttentionEnabled;
        }

        parameters.Warmup = 0;
        parameters.ImageMinTokens = options.ImageMinTokens ?? -1;
        parameters.ImageMaxTokens = options.ImageMaxTokens ?? -1;
        _marker = [.. Encoding.UTF8.GetBytes(LlamaNative.Text(MtmdNative.mtmd_default_marker())), 0];
        _embeddingWidth = LlamaNative.llama_model_n_embd_inp(model);

        NativeLog.StartErrors();
        _mtmd = MtmdNative.mtmd_init_from_file(path, model, parameters);
        if (_mtmd.IsInvalid)
        {
            _mtmd.Dispose();
            throw new SequenceDecoderException(
                $"llama.cpp could not load the vision tower '{path}': {VisionErrors.Reason()} "
                + $"Its embeddings must be {_embeddingWidth} wide for '{options.TextModelPath}': name the mmproj file that was published with that model.");
        }

        _mtmd.Hold(model);
        try
        {
            VisionErrors.Require(path, MtmdNative.mtmd_support_vision(_mtmd) != 0, MtmdNative.mtmd_decode_use_non_causal(_mtmd, 0) != 0);
            UsesPlanes = MtmdNative.mtmd_decode_use_mrope(_mtmd) != 0;
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
        fixed (byte* rgb = image.Rgb.Span)
        {
            using var bitmap = MtmdNative.mtmd_bitmap_init((uint)image.Width, (uint)image.Height, rgb);
            using var chunks = Tokenize(bitmap, image.Width, image.Height);
            var chunk = SingleImage(chunks);
            lock (_gate)
            {
                var rc = _share.Encode(() => MtmdNative.mtmd_encode_chunk(_mtmd, chunk));
                return rc == 0
                    ? Read(chunk)
                    : throw VisionErrors.Failed(image.Width, image.Height, rc);
            }
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

    private static nint SingleImage(ChunksHandle chunks)
    {
        nint found = 0;
        for (nuint i = 0; i < MtmdNative.mtmd_input_chunks_size(chunks); i++)
        {
            var chunk = MtmdNative.mtmd_input_chunks_get(chunks, i);
            if (MtmdNative.mtmd_input_chunk_get_type(chunk) != MtmdNative.ImageChunk)
            {
                continue;
            }

            if (found != 0)
            {
                throw VisionErrors.Tiles(2);
            }

            found = chunk;
        }

        return found != 0 ? found : throw VisionErrors.Tiles(0);
    }

    private ChunksHandle Tokenize(BitmapHandle bitmap, int width, int height)
    {
        var chunks = MtmdNative.mtmd_input_chunks_init();
        fixed (byte* marker = _marker)
        {
            var text = new MtmdInputText { Text = marker, Length = (nuint)_marker.Length - 1, ParseSpecial = 1 };
            var pointer = bitmap.DangerousGetHandle();
            var rc = MtmdNative.mtmd_tokenize(_mtmd, chunks, &text, &pointer, 1);
            if (rc != 0)
            {
                chunks.Dispose();
                throw VisionErrors.Refused(width, height, rc);
            }
        }

        return chunks;
    }

    // A placeholder without pixels shows what mtmd puts around a picture.
    private (IReadOnlyList<int> Start, IReadOnlyList<int> End) ReadFrame(string path)
    {
        NativeLog.StartErrors();
        using var bitmap = MtmdNative.mtmd_bitmap_init(ProbeEdge, ProbeEdge, null);
        using var chunks = Tokenize(bitmap, ProbeEdge, ProbeEdge);
        _ = SingleImage(chunks);
        List<int> start = [];
        List<int> end = [];
        var target = start;
        for (nuint i = 0; i < MtmdNative.mtmd_input_chunks_size(chunks); i++)
        {
            var chunk = MtmdNative.mtmd_input_chunks_get(chunks, i);
            switch (MtmdNative.mtmd_input_chunk_get_type(chunk))
            {
                case MtmdNative.ImageChunk:
                    target = end;
                    break;
                case MtmdNative.TextChunk:
                    nuint count;
                    var tokens = MtmdNative.mtmd_input_chunk_get_tokens_text(chunk, &count);
                    target.AddRange(new ReadOnlySpan<int>(tokens, (int)count));
                    break;
                default:
                    throw VisionErrors.Wrapped(path);
            }
        }

        return (start, end);
    }

    private EncodedImage Read(nint chunk)
    {
        var tokens = (int)MtmdNative.mtmd_input_chunk_get_n_tokens(chunk);
        var embeddings = new ReadOnlySpan<float>(MtmdNative.mtmd_get_output_embd(_mtmd), checked(tokens * _embeddingWidth)).ToArray();
        return new()
        {
            Embeddings = embeddings,
            TokenCount = tokens,
            PositionCount = MtmdNative.mtmd_input_chunk_get_n_pos(chunk),
            RelativePositions = UsesPlanes ? ReadPositions(chunk, tokens) : default,
        };
    }

    private static int[] ReadPositions(nint chunk, int tokens)
    {
        var positions = new MtmdDecoderPos[tokens];
        fixed (MtmdDecoderPos* to = positions)
        {
            MtmdNative.mtmd_helper_image_get_decoder_pos(MtmdNative.mtmd_input_chunk_get_tokens_image(chunk), 0, to);
        }

        return MtmdDecoderPos.ToPlanes(positions);
    }
}
