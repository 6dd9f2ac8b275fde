using BlobCaptioner.Images;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Tests.Inference;

/// <summary>Passes every call on to a real decoder and keeps what was asked of it.</summary>
internal sealed class RecordingDecoder(ISequenceDecoder inner) : ISequenceDecoder
{
    private int _encoded;

    public int Encoded => _encoded;

    public int ImageTokens { get; private set; }

    public int TextTokens { get; private set; }

    /// <summary>Most sequences in one step of text.</summary>
    public int MostTogether { get; private set; }

    /// <summary>Copies of the first logits that were read.</summary>
    public float[]? FirstLogits { get; private set; }

    public DecoderInfo Info => inner.Info;

    public int[] Tokenize(string text, bool parseSpecial) => inner.Tokenize(text, parseSpecial);

    public ReadOnlyMemory<byte> GetTokenBytes(int token) => inner.GetTokenBytes(token);

    public bool IsEndOfGeneration(int token) => inner.IsEndOfGeneration(token);

    public ChatFrame FormatChat(string system, string user) => inner.FormatChat(system, user);

    public EncodedImage EncodeImage(PixelImage image)
    {
        Interlocked.Increment(ref _encoded);
        return inner.EncodeImage(image);
    }

    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens)
    {
        var status = inner.Decode(tokens);
        if (status == DecodeStatus.Ok)
        {
            TextTokens += tokens.Length;
            MostTogether = Math.Max(MostTogether, tokens.ToArray().Select(t => t.Sequence).Distinct().Count());
        }

        return status;
    }

    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices)
    {
        var status = inner.DecodeImages(slices);
        ImageTokens += status == DecodeStatus.Ok ? slices.ToArray().Sum(s => s.Count) : 0;
        return status;
    }

    public ReadOnlySpan<float> GetLogits(int index)
    {
        var logits = inner.GetLogits(index);
        FirstLogits ??= logits.ToArray();
        return logits;
    }

    public void Fork(int from, int to) => inner.Fork(from, to);

    public void Remove(int sequence, int fromPosition = 0) => inner.Remove(sequence, fromPosition);

    public void Dispose() => inner.Dispose();
}
