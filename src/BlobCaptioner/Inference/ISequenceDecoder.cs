using BlobCaptioner.Images;

namespace BlobCaptioner.Inference;

/// <summary>
/// The seam under the batching engine: a language model with a vision tower whose KV cache holds several sequences.
/// Implementations only translate to a native library. Scheduling, constrained decoding and sampling lie above.
/// </summary>
/// <remarks>
/// One thread owns the context and makes every call of <see cref="Decode"/>, <see cref="DecodeImages"/>,
/// <see cref="GetLogits"/>, <see cref="Fork"/> and <see cref="Remove"/>. <see cref="EncodeImage"/> may run on one other thread
/// at the same time (llama.cpp gives identical embeddings then). Tokenizing and reading token bytes is safe from any thread.
/// </remarks>
public interface ISequenceDecoder : IDisposable
{
    /// <summary>The loaded model and its capacity.</summary>
    DecoderInfo Info { get; }

    /// <summary>Tokens of <paramref name="text"/>, without a beginning-of-sequence token.</summary>
    /// <param name="text">Plain text, or chat markup where <paramref name="parseSpecial"/> is set.</param>
    /// <param name="parseSpecial">True reads markup such as <c>&lt;|im_start|&gt;</c> as control tokens. Never set it for text that users wrote.</param>
    int[] Tokenize(string text, bool parseSpecial);

    /// <summary>The UTF-8 bytes that a token stands for: possibly a part of a character; empty for control tokens.</summary>
    ReadOnlyMemory<byte> GetTokenBytes(int token);

    /// <summary>True for every token that ends the model's turn.</summary>
    bool IsEndOfGeneration(int token);

    /// <summary>Lays a system text and a user text out as the model was trained to read them, ready for the answer.</summary>
    /// <returns>The text around the picture, as chat markup: <c>Before</c> ends where the picture's start tokens go.</returns>
    /// <param name="system">System text; empty for none.</param>
    /// <param name="user">User text; it stands before the picture, so that pictures can share it.</param>
    ChatFrame FormatChat(string system, string user);

    /// <summary>Runs the vision tower over one picture.</summary>
    /// <exception cref="SequenceDecoderException">The picture has a shape that the model cannot take, or the native call failed.</exception>
    EncodedImage EncodeImage(PixelImage image);

    /// <summary>Decodes text tokens of any number of sequences in one step.</summary>
    /// <param name="tokens">1 to <see cref="DecoderInfo.BatchTokens"/> tokens; positions of one sequence ascend by one.</param>
    /// <returns><see cref="DecodeStatus.NoRoom"/> leaves the KV cache as it was.</returns>
    /// <exception cref="SequenceDecoderException">The native library failed; the context must be thrown away.</exception>
    DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens);

    /// <summary>Decodes slices of encoded pictures, of any number of sequences, in one step. Yields no logits.</summary>
    /// <param name="slices">Together at most <see cref="DecoderInfo.BatchTokens"/> image tokens.</param>
    /// <returns>As <see cref="Decode"/>.</returns>
    DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices);

    /// <summary>
    /// Logits after the token at <paramref name="index"/> of the last <see cref="Decode"/>, one per vocabulary entry; valid until the next call.
    /// </summary>
    /// <param name="index">Index into the span given to <see cref="Decode"/>; its <see cref="TokenEntry.WantLogits"/> was set.</param>
    ReadOnlySpan<float> GetLogits(int index);

    /// <summary>Makes sequence <paramref name="to"/> (empty before) share everything that <paramref name="from"/> holds.</summary>
    void Fork(int from, int to);

    /// <summary>Forgets what a sequence holds from <paramref name="fromPosition"/> on; 0 forgets all.</summary>
    void Remove(int sequence, int fromPosition = 0);
}

/// <summary>Facts of a loaded model and its context.</summary>
public sealed record DecoderInfo
{
    /// <summary>The model's own name, from its metadata, or its file name.</summary>
    public required string ModelName { get; init; }

    /// <summary>SHA-256 over the bytes of the text model followed by those of the vision model, lower-case hex.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Library and version that computes, for the receipt: <c>LLamaSharp 0.30.0</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Entries in the vocabulary; the length of every logits span.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Sequences that the context holds. Ids are 0 to this less one.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>KV cache cells, shared by all sequences; a forked prefix is counted once. One token takes one cell.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Most tokens in one decode call.</summary>
    public required int BatchTokens { get; init; }

    /// <summary>Tokens that stand before every picture (<c>&lt;|vision_start|&gt;</c>); the caller decodes them.</summary>
    public required IReadOnlyList<int> ImageStartTokens { get; init; }

    /// <summary>Tokens that stand after every picture (<c>&lt;|vision_end|&gt;</c>); the caller decodes them.</summary>
    public required IReadOnlyList<int> ImageEndTokens { get; init; }
}

/// <summary>Chat markup around a picture. Both parts are to be tokenized with special tokens read.</summary>
/// <param name="Before">From the start to the picture's start tokens: the same for every picture of a profile, so it can be shared.</param>
/// <param name="After">From the picture's end tokens to where the model's answer begins.</param>
public sealed record ChatFrame(string Before, string After);

/// <summary>A picture after the vision tower: embeddings that a language model takes in place of tokens.</summary>
public sealed class EncodedImage
{
    /// <summary>Embeddings, row-major, <see cref="TokenCount"/> × the model's input width (deepstack layers included).</summary>
    public required ReadOnlyMemory<float> Embeddings { get; init; }

    /// <summary>Image tokens: KV cache cells that the picture takes.</summary>
    public required int TokenCount { get; init; }

    /// <summary>How far the picture moves the sequence's position on; under M-RoPE far fewer than its tokens (16 for 256 tokens of a square).</summary>
    public required int PositionCount { get; init; }

    /// <summary>
    /// Positions relative to the picture's first, four planes of <see cref="TokenCount"/> each: t, y, x, z
    /// (llama.cpp's layout for M-RoPE). Empty where positions are plain.
    /// </summary>
    public required ReadOnlyMemory<int> RelativePositions { get; init; }
}

/// <summary>A run of a picture's tokens to be decoded into one sequence.</summary>
/// <param name="Sequence">Sequence id.</param>
/// <param name="Image">The encoded picture.</param>
/// <param name="Offset">First image token of the slice, from 0.</param>
/// <param name="Count">Image tokens in the slice, at least 1.</param>
/// <param name="StartPosition">Position in the sequence at which the picture (not the slice) begins.</param>
public readonly record struct ImageSlice(int Sequence, EncodedImage Image, int Offset, int Count, int StartPosition);

/// <summary>One token of one sequence in a decode step.</summary>
/// <param name="Token">Vocabulary id.</param>
/// <param name="Position">Position in the sequence, from 0. A picture advances it by <see cref="EncodedImage.PositionCount"/>, not by its tokens.</param>
/// <param name="Sequence">Sequence id.</param>
/// <param name="WantLogits">True where the logits after this token will be read.</param>
public readonly record struct TokenEntry(int Token, int Position, int Sequence, bool WantLogits);

/// <summary>How a decode step ended.</summary>
public enum DecodeStatus
{
    /// <summary>All tokens are in the KV cache.</summary>
    Ok,

    /// <summary>The KV cache has no room for the step; nothing was added. Free a sequence and try again.</summary>
    NoRoom,

    /// <summary>The step was aborted on request; sequences in it must be removed or cut back before they go on.</summary>
    Aborted,
}

/// <summary>A model or its native library failed.</summary>
/// <param name="message">What failed, and the way out.</param>
/// <param name="innerException">The cause; null without one.</param>
public sealed class SequenceDecoderException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>True when the context can't be used any more, so that every later call would fail too. Default false.</summary>
    public bool IsFatal { get; init; }

    /// <summary>True where memory ran out, so that smaller steps may still work. Default false.</summary>
    public bool IsOutOfMemory { get; init; }
}
