namespace BlobCaptioner.Engine.Decoding;

/// <summary>The bytes of every token, read once, so that looking them up needs no native call.</summary>
internal sealed class TokenTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _ends;

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="size">Tokens in it.</param>
    /// <param name="read">Writes a token's bytes; returns their number, or its negative where the buffer is too small.</param>
    /// <param name="isEnd">True for a token that ends the model's turn.</param>
    public TokenTable(int size, PieceReader read, Func<int, bool> isEnd)
    {
        _starts = new int[size + 1];
        _ends = new bool[size];
        var all = new MemoryStream(size * 6);
        var piece = new byte[256];
        for (var token = 0; token < size; token++)
        {
            _ends[token] = isEnd(token);
            var length = read(token, piece);
            if (length < 0)
            {
                piece = new byte[-length];
                length = read(token, piece);
            }

            all.Write(piece.AsSpan(0, length));
            _starts[token + 1] = (int)all.Length;
        }

        _bytes = all.ToArray();
    }

    /// <summary>Reads one token's bytes.</summary>
    public delegate int PieceReader(int token, Span<byte> buffer);

    /// <summary>Number of tokens.</summary>
    public int Size => _ends.Length;

    /// <summary>See <see cref="Inference.ISequenceDecoder.GetTokenBytes"/>.</summary>
    public ReadOnlyMemory<byte> BytesOf(int token)
    {
        RequireToken(token);
        return _bytes.AsMemory(_starts[token].._starts[token + 1]);
    }

    /// <summary>See <see cref="Inference.ISequenceDecoder.IsEndOfGeneration"/>.</summary>
    public bool IsEnd(int token)
    {
        RequireToken(token);
        return _ends[token];
    }

    private void RequireToken(int token) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)Size, nameof(token));
}
