using System.Text;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A model's tokens. Their bytes are read once, so that looking them up needs no native call.</summary>
internal sealed unsafe class Vocabulary
{
    private readonly ModelHandle _model;
    private readonly nint _vocab;
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _ends;

    public Vocabulary(ModelHandle model)
    {
        _model = model;
        _vocab = LlamaNative.llama_model_get_vocab(model);
        Size = LlamaNative.llama_vocab_n_tokens(_vocab);
        _starts = new int[Size + 1];
        _ends = new bool[Size];
        var all = new MemoryStream(Size * 6);
        var piece = new byte[256];
        for (var token = 0; token < Size; token++)
        {
            _ends[token] = LlamaNative.llama_vocab_is_eog(_vocab, token) != 0;
            all.Write(piece.AsSpan(0, ReadPiece(token, ref piece)));
            _starts[token + 1] = (int)all.Length;
        }

        _bytes = all.ToArray();
    }

    /// <summary>How many tokens there are.</summary>
    public int Size { get; }

    /// <summary>See <see cref="ISequenceDecoder.GetTokenBytes"/>.</summary>
    public ReadOnlyMemory<byte> BytesOf(int token)
    {
        RequireToken(token);
        return _bytes.AsMemory(_starts[token].._starts[token + 1]);
    }

    /// <summary>See <see cref="ISequenceDecoder.IsEndOfGeneration"/>.</summary>
    public bool IsEnd(int token)
    {
        RequireToken(token);
        return _ends[token];
    }

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

    private int ReadPiece(int token, ref byte[] buffer)
    {
        while (true)
        {
            int length;
            fixed (byte* to = buffer)
            {
                length = LlamaNative.llama_token_to_piece(_vocab, token, to, buffer.Length, lstrip: 0, special: 0);
            }

            if (length >= 0)
            {
                return length;
            }

            buffer = new byte[-length];
        }
    }

    private void RequireToken(int token) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)Size, nameof(token));
}
