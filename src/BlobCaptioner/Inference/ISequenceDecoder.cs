using BlobCaptioner.Images;

namespace BlobCaptioner.Inference;

/// <summary>
/// The seam under the batching engine: a language model with a vision tower whose KV cache holds several sequences.
/// Implementations translate to a native library and decide nothing: scheduling, constrained decoding and sampling lie above.
/// </summary>
/// <remarks>
/// One thread owns the context and makes every call of <see cref="Decode"/>, <see cref="DecodeImages"/>,
/// <see cref="GetLogits"/>, <see cref="Fork"/> and <see cref="Remove"/>. <see cref="EncodeImage"/> may run on one other thread
/// at the same time (llama.cpp gives identical embeddings then). Tokenizing and reading token bytes is safe from any thread.
/// </remarks>
public interface ISequenceDecoder : IDisposable
{
    /// <summary>What the loaded model is and how much it holds.</summary>
    DecoderInfo Info { get; }

    /// <summary>Tokens of <paramref name="text"/>, without a beginning-of-sequence token.</summary>
    /// <param name="text">Plain text, or chat markup where <paramref name="parseSpecial"/> is set.</param>
    /// <param name="parseSpecial">True reads <c>&lt;|im_start|&gt;</c> and the like as control tokens. Never set it for text that users wrote.</param>
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
