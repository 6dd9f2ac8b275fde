using BlobCaptioner.Inference;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>What it means that llama.cpp refuses.</summary>
internal static class DecodeErrors
{
    // GGML_STATUS_ALLOC_FAILED, as llama_decode passes it on
    private const int AllocationFailed = -2;

    /// <summary>There is no context, mostly for want of memory.</summary>
    public static SequenceDecoderException NoContext(LlamaCppOptions options, string said) => new(
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
