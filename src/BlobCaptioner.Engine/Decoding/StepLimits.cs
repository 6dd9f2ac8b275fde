using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Limits of a decode step. llama.cpp ends the process on some of the inputs that are refused here.</summary>
internal sealed record StepLimits(int BatchTokens, int MaxSequences, int VocabularySize)
{
    private const int FewestLogits = 16;

    /// <summary>
    /// Most tokens of a step that may want logits. llama.cpp reserves room for as many (600 KB each for Qwen's vocabulary); without this limit, for the whole batch.
    /// </summary>
    public static int MostLogits(int batchTokens, int maxSequences) => Math.Min(batchTokens, Math.Max(FewestLogits, maxSequences));

    /// <summary>Throws unless text tokens can be decoded.</summary>
    /// <exception cref="ArgumentException">A number is out of range; the message names it.</exception>
    public void Require(ReadOnlySpan<TokenEntry> tokens)
    {
        RequireCount(tokens.Length, nameof(tokens));
        var logits = 0;
        foreach (ref readonly var entry in tokens)
        {
            if ((uint)entry.Token >= (uint)VocabularySize || entry.Position < 0 || (uint)entry.Sequence >= (uint)MaxSequences)
            {
                throw new ArgumentException(
                    $"{entry} is out of range: tokens are below {VocabularySize}, sequences below {MaxSequences}, positions not negative.", nameof(tokens));
            }

            logits += entry.WantLogits ? 1 : 0;
        }

        if (logits > MostLogits(BatchTokens, MaxSequences))
        {
            throw new ArgumentException($"Logits of {logits} tokens are wanted; a step gives {MostLogits(BatchTokens, MaxSequences)}.", nameof(tokens));
        }
    }

    /// <summary>Throws unless slices of pictures can be decoded.</summary>
    /// <returns>Their image tokens.</returns>
    /// <exception cref="ArgumentException">A number is out of range; the message names it.</exception>
    public int Require(ReadOnlySpan<ImageSlice> slices)
    {
        var total = 0;
        foreach (ref readonly var slice in slices)
        {
            if (slice.Count < 1 || slice.Offset < 0 || slice.Count > slice.Image.TokenCount - slice.Offset || slice.StartPosition < 0
                || (uint)slice.Sequence >= (uint)MaxSequences)
            {
                throw new ArgumentException(
                    $"A slice of {slice.Count} tokens from {slice.Offset} at position {slice.StartPosition} of sequence {slice.Sequence} is out of range: "
                    + $"the picture has {slice.Image.TokenCount} tokens, sequences are below {MaxSequences}, positions not negative.",
                    nameof(slices));
            }

            total += slice.Count;
        }

        RequireCount(total, nameof(slices));
        return total;
    }

    public void RequireSequence(int sequence) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence, (uint)MaxSequences, nameof(sequence));

    private void RequireCount(int count, string name)
    {
        if (count < 1 || count > BatchTokens)
        {
            throw new ArgumentException($"A step takes 1 to {BatchTokens} tokens (BatchTokens); {count} were given.", name);
        }
    }
}
