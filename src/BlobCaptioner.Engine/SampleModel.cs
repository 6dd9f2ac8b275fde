using BlobCaptioner.Engine.Setup;

namespace BlobCaptioner.Engine;

/// <summary>
/// The small model that ships with the program (4.6 MB), trained by <c>src/BlobCaptioner.SampleModel</c>: it fills the built-in profiles for drawn product pictures in English, German
/// and Chinese, and stands for a real model where only the way of a picture matters.
/// </summary>
public static class SampleModel
{
    /// <summary>Its language model, beside the program.</summary>
    public static string TextModelPath { get; } = Path.Combine(AppContext.BaseDirectory, "Models", "sample-text-f16.gguf");

    /// <summary>Its vision tower, beside the program.</summary>
    public static string VisionModelPath { get; } = Path.Combine(AppContext.BaseDirectory, "Models", "sample-mmproj-f16.gguf");

    /// <summary>Options that load it, all else at its default.</summary>
    public static DecoderOptions Options => new() { TextModelPath = TextModelPath, VisionModelPath = VisionModelPath };
}
