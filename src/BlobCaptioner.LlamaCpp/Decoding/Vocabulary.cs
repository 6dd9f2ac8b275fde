using System.Text;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A model's tokens.</summary>
internal sealed unsafe class Vocabulary
{
    private readonly ModelHandle _model;
    private readonly nint _vocab;
    private readonly TokenTable _table;

    public Vocabulary(ModelHandle model)
    {
        _model = model;
        _vocab = LlamaNative.llama_model_get_vocab(model);
        _table = new(
            LlamaNative.llama_vocab_n_tokens(_vocab),
            (token, buffer) =>
            {
                fixed (byte* to = buffer)
                {
                    return LlamaNative.llama_token_to_piece(_vocab, token, to, buffer.Length, lstrip: 0, special: 0);
                }
            },
            token => LlamaNative.llama_vocab_is_eog(_vocab, token) != 0);
    }

    /// <inheritdoc cref="TokenTable.Size"/>
    public int Size => _table.Size;

    /// <inheritdoc cref="TokenTable.BytesOf"/>
    public ReadOnlyMemory<byte> BytesOf(int token) => _table.BytesOf(token);

    /// <inheritdoc cref="TokenTable.IsEnd"/>
    public bool IsEnd(int token) => _table.IsEnd(token);

    /// <summary>See <see cref="ISequenceDecoder.Tokenize"/>.</summary>
    public int[] Tokenize(string text, bool parseSpecial)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new int[bytes.Length + 2];
        var count = Tokenize(bytes, tokens, parseSpecial);
        if (count < 0 && count != int.MinValue)
        {
            tokens = new int[-count];
            count = Tokenize(bytes, tokens, parseSpecial);
        }

        return count >= 0
            ? tokens[..count]
            : throw new SequenceDecoderException($"llama.cpp could not tokenize a text of {bytes.Length:N0} bytes. Shorten the prompt.");
    }

    private int Tokenize(byte[] text, int[] tokens, bool parseSpecial)
    {
        var held = false;
        try
        {
            // The vocabulary is a part of the model, which another thread may dispose of.
            _model.DangerousAddRef(ref held);
            fixed (byte* from = text)
            fixed (int* to = tokens)
            {
                return LlamaNative.llama_tokenize(_vocab, from, text.Length, to, tokens.Length, addSpecial: 0, parseSpecial ? (byte)1 : (byte)0);
            }
        }
        finally
        {
            if (held)
            {
                _model.DangerousRelease();
            }
        }
    }
}
