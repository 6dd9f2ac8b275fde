using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Errors of the language model, with the way out.</summary>
internal static class DecodeErrors
{
    // GGML_STATUS_ALLOC_FAILED, as llama_decode passes it on
    private const int AllocationFailed = -2;

    /// <summary>The language model did not load. Only llama.cpp's own words (<paramref name="said"/>) say whether memory ran out.</summary>
    public static SequenceDecoderException NoModel(string engine, string path, string said, Exception? inner = null) => new(
        $"{engine} could not load '{path}': {said} Use a GGUF file of an architecture that this version knows, with enough free memory for it.", inner)
    {
        IsOutOfMemory = said.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || said.Contains("allocate", StringComparison.OrdinalIgnoreCase),
    };

    /// <summary>llama.cpp made no context, mostly for lack of memory.</summary>
    public static SequenceDecoderException NoContext(DecoderOptions options, string said) => new(
        $"llama.cpp could not make a context of {options.ContextTokens:N0} tokens for '{options.TextModelPath}': {said} "
        + "Lower its tokens (ContextTokens) or the pictures at once (slots), or free memory.")
    {
        IsOutOfMemory = true,
    };

    /// <summary>The step did not run.</summary>
    /// <param name="tokens">Tokens in it.</param>
    /// <param name="code">The result of <c>llama_decode</c>.</param>
    /// <param name="said">llama.cpp's own words.</param>
    public static SequenceDecoderException Failed(int tokens, int code, string said) => new(
        $"llama_decode failed on a step of {tokens} tokens (code {code}): {said} "
        + (code == -1 ? "Positions of a sequence must go on where it ended." : "Load the model again; if it fails again, lower ContextTokens or free memory."))
    {
        IsOutOfMemory = code == AllocationFailed,
    };
}

/// <summary>Errors of the vision tower, with the way out.</summary>
internal static class VisionErrors
{
    /// <summary>llama.cpp's own words since <see cref="NativeLog.StartErrors"/>, as a sentence.</summary>
    public static string Reason()
    {
        var said = NativeLog.TakeErrors();
        return said.Length == 0 ? "it gave no reason." : said.TrimEnd('.') + ".";
    }

    /// <exception cref="SequenceDecoderException">The engine can't use this tower.</exception>
    public static void Require(string path, bool supportsVision, bool looksAhead)
    {
        if (!supportsVision)
        {
            throw new SequenceDecoderException($"'{path}' takes no pictures. Name the mmproj file of a vision model.");
        }

        if (looksAhead)
        {
            throw new SequenceDecoderException(
                $"'{path}' belongs to a model whose picture tokens look ahead (non-causal attention, like Gemma 3), which can't be decoded in slices. "
                + "Use one of the Qwen-VL family.");
        }
    }

    /// <exception cref="ArgumentException">The picture's bytes don't fit its shape.</exception>
    public static void RequireBytes(PixelImage image)
    {
        var expected = (long)image.Width * image.Height * 3;
        if (image.Width < 1 || image.Height < 1 || image.Rgb.Length != expected)
        {
            throw new ArgumentException(
                $"A picture of {image.Width} x {image.Height} px has {expected:N0} bytes of RGB; {image.Rgb.Length:N0} were given.", nameof(image));
        }
    }

    /// <summary>The model can't take a picture of this shape.</summary>
    public static SequenceDecoderException Refused(int width, int height, int code) =>
        new($"The model can't take a picture of {width} x {height} px (code {code}): {Reason()} Use another size or shape.");

    /// <summary>The encoder failed.</summary>
    public static SequenceDecoderException Failed(int width, int height, int code) =>
        new($"The vision tower failed on a picture of {width} x {height} px (code {code}): {Reason()} Use a smaller picture.");

    /// <summary>A picture became no image chunk, or several.</summary>
    public static SequenceDecoderException Tiles(int count) => count == 0
        ? new("The vision tower made no tokens of a picture. Use another model.")
        : new("This model cuts a picture into several tiles, which is not supported. Use one of the Qwen-VL family.");

    /// <summary>Something other than text stands around a picture.</summary>
    public static SequenceDecoderException Wrapped(string path) =>
        new($"'{path}' wraps a picture in something other than text. Use one of the Qwen-VL family.");
}
