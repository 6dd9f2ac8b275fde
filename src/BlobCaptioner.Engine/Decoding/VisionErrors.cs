using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>What a vision tower can't do, in the words that a user reads.</summary>
internal static class VisionErrors
{
    /// <summary>llama.cpp's own words since <see cref="NativeLog.StartErrors"/>, as a sentence.</summary>
    public static string Reason()
    {
        var said = NativeLog.TakeErrors();
        return said.Length == 0 ? "it gave no reason." : said.TrimEnd('.') + ".";
    }

    /// <summary>Throws unless the tower is one that the engine can use.</summary>
    /// <exception cref="SequenceDecoderException">It is not.</exception>
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

    /// <summary>Throws unless a picture has the bytes that its shape asks for.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public static void RequireBytes(PixelImage image)
    {
        var expected = (long)image.Width * image.Height * 3;
        if (image.Width < 1 || image.Height < 1 || image.Rgb.Length != expected)
        {
            throw new ArgumentException(
                $"A picture of {image.Width} x {image.Height} px has {expected:N0} bytes of RGB; {image.Rgb.Length:N0} were given.", nameof(image));
        }
    }

    /// <summary>The picture's shape is none that the model takes.</summary>
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
