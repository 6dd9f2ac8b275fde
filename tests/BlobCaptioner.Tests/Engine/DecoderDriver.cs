using System.Text;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Tests.Engine;

/// <summary>Feeds one sequence of a decoder step by step, the plain way, as a reference for cleverer schedules.</summary>
internal sealed class DecoderDriver(ISequenceDecoder decoder, int sequence)
{
    /// <summary>Where the next token goes.</summary>
    public int Position { get; set; }

    /// <summary>Tokens for a decode step that continues this sequence; logits after the last.</summary>
    public TokenEntry[] Entries(IReadOnlyList<int> tokens)
    {
        var entries = tokens.Select((t, i) => new TokenEntry(t, Position + i, sequence, i == tokens.Count - 1)).ToArray();
        Position += tokens.Count;
        return entries;
    }

    /// <summary>Decodes text in one step.</summary>
    /// <returns>A copy of the logits after its last token.</returns>
    public float[] Text(IReadOnlyList<int> tokens)
    {
        if (decoder.Decode(Entries(tokens)) != DecodeStatus.Ok)
        {
            throw new InvalidOperationException("the step did not end with Ok");
        }

        return decoder.GetLogits(tokens.Count - 1).ToArray();
    }

    /// <summary>Decodes the next tokens of a picture.</summary>
    public void Picture(EncodedImage image, int offset, int count)
    {
        if (decoder.DecodeImages([new ImageSlice(sequence, image, offset, count, Position)]) != DecodeStatus.Ok)
        {
            throw new InvalidOperationException("the step did not end with Ok");
        }

        if (offset + count == image.TokenCount)
        {
            Position += image.PositionCount;
        }
    }

    /// <summary>Decodes a whole prompt: text, picture, text.</summary>
    /// <returns>The logits after it.</returns>
    public float[] Prompt(ChatFrame frame, EncodedImage image)
    {
        Text([.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens]);
        Picture(image, 0, image.TokenCount);
        return Text([.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)]);
    }

    /// <summary>Takes the likeliest token until the model ends its turn.</summary>
    public string Answer(float[] logits, int limit = 80)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < limit; i++)
        {
            var token = Array.IndexOf(logits, logits.Max());
            if (decoder.IsEndOfGeneration(token))
            {
                break;
            }

            bytes.AddRange(decoder.GetTokenBytes(token).Span);
            logits = Text([token]);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
