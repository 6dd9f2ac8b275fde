using BlobCaptioner.Images;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>
/// Computes everything with a real model but replaces its logits by words. Random weights write noise, which ends a text anywhere; with words every text runs
/// to its limit, so that every round writes the same number of tokens.
/// </summary>
internal sealed class WordsDecoder : ISequenceDecoder
{
    private readonly ISequenceDecoder _inner;
    private readonly int[] _words;
    private readonly float[] _logits;
    private int _said;

    public WordsDecoder(ISequenceDecoder inner)
    {
        _inner = inner;
        _logits = new float[inner.Info.VocabularySize];
        _words = [.. Enumerable.Range(0, inner.Info.VocabularySize).Where(IsWord).Take(20_000)];
        if (_words.Length < 500)
        {
            throw new InvalidOperationException($"The model's vocabulary has {_words.Length} words of 4 letters that begin with a space; 500 are needed.");
        }
    }

    public DecoderInfo Info => _inner.Info;

    public int[] Tokenize(string text, bool parseSpecial) => _inner.Tokenize(text, parseSpecial);

    public ReadOnlyMemory<byte> GetTokenBytes(int token) => _inner.GetTokenBytes(token);

    public bool IsEndOfGeneration(int token) => _inner.IsEndOfGeneration(token);

    public ChatFrame FormatChat(string system, string user) => _inner.FormatChat(system, user);

    public EncodedImage EncodeImage(PixelImage image) => _inner.EncodeImage(image);

    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens) => _inner.Decode(tokens);

    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices) => _inner.DecodeImages(slices);

    public ReadOnlySpan<float> GetLogits(int index)
    {
        // Reading the logits waits for the step.
        _ = _inner.GetLogits(index)[0];
        _logits[_words[_said % _words.Length]] = 0;
        _said += 7;
        _logits[_words[_said % _words.Length]] = 10;
        return _logits;
    }

    public void Fork(int from, int to) => _inner.Fork(from, to);

    public void Remove(int sequence, int fromPosition = 0) => _inner.Remove(sequence, fromPosition);

    public void Dispose() => _inner.Dispose();

    private bool IsWord(int token)
    {
        var bytes = _inner.GetTokenBytes(token).Span;
        return bytes.Length == 5 && bytes[0] == ' ' && bytes[1..].IndexOfAnyExceptInRange((byte)'a', (byte)'z') < 0;
    }
}
