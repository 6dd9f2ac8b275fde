using System.Text;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>LLamaSharp's mtmd handle as a vision tower: pixels to embeddings. One picture at a time.</summary>
internal sealed unsafe class VisionTower : IDisposable
{
    private const int ProbeEdge = 64;

    private readonly SafeMtmdModelHandle _mtmd;
    private readonly ProcessorShare _share;
    private readonly int _embeddingWidth;
    private readonly byte[] _marker;
    private readonly Lock _gate = new();

    /// <param name="weights">The language model that it was made for.</param>
    /// <param name="options">The mmproj file, and limits.</param>
    /// <param name="share">Gives the number of threads, and counts them while they work.</param>
    /// <exception cref="SequenceDecoderException">It does not load, does not fit the language model, or is of an unsupported kind.</exception>
    public VisionTower(LLamaWeights weights, DecoderOptions options, ProcessorShare share)
    {
        _share = share;
        var path = options.VisionModelPath;
        var parameters = MtmdContextParams.Default();
        parameters.UseGpu = options.GpuLayers != 0;
        parameters.PrintTimings = false;
        parameters.NThreads = share.ImageThreads;
        parameters.FlashAttentionType = FlashAttentionChoice.ForVision(options);
        parameters.Warmup = false;
        parameters.ImageMinTokens = options.ImageMinTokens ?? -1;
        parameters.ImageMaxTokens = options.ImageMaxTokens ?? -1;
        _marker = [.. Encoding.UTF8.GetBytes(NativeApi.MtmdDefaultMarker()!), 0];
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

    /// <summary>True if an image token has four positions (M-RoPE).</summary>
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
        lock (_gate)
        {
            using var chunks = Tokenize(image.Rgb.Span, image.Width, image.Height);
            var picture = chunks.Picture();
            var rc = _share.Encode(() => NativeCalls.mtmd_encode_chunk(_mtmd, picture));
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

    private PictureChunks Tokenize(ReadOnlySpan<byte> rgb, int width, int height)
    {
        var chunks = new PictureChunks();
        fixed (byte* pixels = rgb, marker = _marker)
        {
            var bitmap = NativeCalls.mtmd_bitmap_init((uint)width, (uint)height, pixels);
            var text = new MtmdInputText { Text = marker, Length = (nuint)_marker.Length - 1, ParseSpecial = 1 };
            var rc = NativeCalls.mtmd_tokenize(_mtmd, chunks.Handle, &text, &bitmap, 1);
            NativeCalls.mtmd_bitmap_free(bitmap);
            if (rc == 0)
            {
                return chunks;
            }

            chunks.Dispose();
            throw VisionErrors.Refused(width, height, rc);
        }
    }

    // A placeholder without pixels shows which tokens mtmd puts around a picture.
    private (IReadOnlyList<int> Start, IReadOnlyList<int> End) ReadFrame(string path)
    {
        NativeLog.StartErrors();
        using var chunks = Tokenize(default, ProbeEdge, ProbeEdge);
        _ = chunks.Picture();
        List<int> start = [];
        List<int> end = [];
        var target = start;
        foreach (var chunk in chunks.All())
        {
            switch (NativeCalls.mtmd_input_chunk_get_type(chunk))
            {
                case NativeCalls.ImageChunk:
                    target = end;
                    break;
                case NativeCalls.TextChunk:
                    nuint count;
                    var tokens = NativeCalls.mtmd_input_chunk_get_tokens_text(chunk, &count);
                    target.AddRange(new ReadOnlySpan<int>(tokens, (int)count));
                    break;
                default:
                    throw VisionErrors.Wrapped(path);
            }
        }

        return (start, end);
    }

    private EncodedImage Read(nint picture)
    {
        var tokens = (int)NativeCalls.mtmd_input_chunk_get_n_tokens(picture);
        return new()
        {
            Embeddings = new ReadOnlySpan<float>(NativeCalls.mtmd_get_output_embd(_mtmd), checked(tokens * _embeddingWidth)).ToArray(),
            TokenCount = tokens,
            PositionCount = NativeCalls.mtmd_input_chunk_get_n_pos(picture),
            RelativePositions = UsesPlanes ? ReadPositions(picture, tokens) : default,
        };
    }

    private static int[] ReadPositions(nint picture, int tokens)
    {
        var positions = new MtmdDecoderPos[tokens];
        fixed (MtmdDecoderPos* to = positions)
        {
            NativeCalls.mtmd_helper_image_get_decoder_pos(NativeCalls.mtmd_input_chunk_get_tokens_image(picture), 0, to);
        }

        return MtmdDecoderPos.ToPlanes(positions);
    }

    // libmtmd's output for a marker and a picture: text, the image, text.
    private sealed class PictureChunks : IDisposable
    {
        public nint Handle { get; } = NativeCalls.mtmd_input_chunks_init();

        public IEnumerable<nint> All()
        {
            for (nuint i = 0; i < NativeCalls.mtmd_input_chunks_size(Handle); i++)
            {
                yield return NativeCalls.mtmd_input_chunks_get(Handle, i);
            }
        }

        public nint Picture()
        {
            var pictures = All().Where(c => NativeCalls.mtmd_input_chunk_get_type(c) == NativeCalls.ImageChunk).ToList();
            return pictures.Count == 1 ? pictures[0] : throw VisionErrors.Tiles(pictures.Count);
        }

        public void Dispose() => NativeCalls.mtmd_input_chunks_free(Handle);
    }
}
