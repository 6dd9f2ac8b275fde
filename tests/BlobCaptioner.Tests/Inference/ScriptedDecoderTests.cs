using BlobCaptioner.Inference;

namespace BlobCaptioner.Tests.Inference;

/// <summary>The decoder suite over the script, so that what the batcher's tests rely on is what the libraries do.</summary>
public sealed class ScriptedDecoderTests : SequenceDecoderSuite
{
    protected override Task<ISequenceDecoder> LoadAsync(int sequences = 16, int contextTokens = 8192, int batchTokens = 512)
    {
        var vocabulary = new ScriptedVocabulary(Enumerable.Range(0, 300).Select(i => $"piece {i}").ToArray());
        return Task.FromResult<ISequenceDecoder>(new ScriptedDecoder(vocabulary, sequences, contextTokens, batchTokens).Writing(picture => $"{(char)('a' + (picture % 26))} for picture {picture}"));
    }
}
