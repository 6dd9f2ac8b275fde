using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>What it means that llama.cpp refuses.</summary>
internal static class DecodeErrors
{
    // GGML_STATUS_ALLOC_FAILED, as llama_decode passes it on
    private const int AllocationFailed = -2;

    /// <summary>The language model could not be loaded.</summary>
    /// <param name="engine">What was to load it.</param>
    /// <param name="path">Its file.</param>
    /// <param name="said">llama.cpp's own words; whether memory was the reason stands in them only.</param>
    /// <param name="inner">What a library around llama.cpp threw; null without one.</param>
    public static SequenceDecoderException NoModel(string engine, string path, string said, Exception? inner = null) => new(
        $"{engine} could not load '{path}': {said} Use a GGUF file of an architecture that this version knows, with enough free memory for it.", inner)
    {
        IsOutOfMemory = said.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || said.Contains("allocate", StringComparison.OrdinalIgnoreCase),
    };

    /// <summary>There is no context, mostly for want of memory.</summary>
    public static SequenceDecoderException NoContext(DecoderOptions options, string said) => new(
        $"llama.cpp could not make a context of {options.ContextTokens:N0} tokens for '{options.TextModelPath}': {said} "
        + "Lower its tokens (ContextTokens) or the pictures at once (slots), or free memory.")
    {
        IsOutOfMemory = true,
    };

    /// <summary>The step did not run.</summary>
    /// <param name="tokens">Tokens in it.</param>
    /// <param name="code">What <c>llama_decode</c> returned.</param>
    /// <param name="said">llama.cpp's own words.</param>
    public static SequenceDecoderException Failed(int tokens, int code, string said) => new(
        $"llama_decode failed on a step of {tokens} tokens (code {code}): {said} "
        + (code == -1 ? "Positions of a sequence must go on where it ended." : "Load the model again; if it fails again, lower ContextTokens or free memory."))
    {
        IsOutOfMemory = code == AllocationFailed,
    };
}
