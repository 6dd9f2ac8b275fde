using System.Diagnostics;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>Times of the model's parts on this machine, one at a time, without scheduler, plan or sampler. All ratios refer to them.</summary>
/// <param name="EncodeMs">Milliseconds of the vision tower for a picture, alone.</param>
/// <param name="PrefillMs">Milliseconds of a picture's tokens and those after it through the text model, behind the prompt, alone.</param>
/// <param name="StepOfOneMs">Milliseconds of a decode call with one token of one sequence, in the middle of an answer.</param>
/// <param name="StepOfAllMs">The same with one token of each of <see cref="Slots"/> sequences.</param>
/// <param name="Slots">Sequences of <see cref="StepOfAllMs"/>.</param>
public sealed record BareSpeeds(double EncodeMs, double PrefillMs, double StepOfOneMs, double StepOfAllMs, int Slots)
{
    private const int Warm = 2;
    private const int Steps = 20;
    private const int Encodes = 3;

    /// <summary>Tokens a second of the batched loop.</summary>
    public double TokensPerSecond => 1_000 * Slots / StepOfAllMs;

    /// <summary>
    /// Least milliseconds a picture if its parts run one after the other: encode + prefill + sampled tokens at the batched loop's speed. Literal text is not included.
    /// </summary>
    /// <param name="sampled">Tokens of an answer that are chosen from logits.</param>
    public double BoundMs(double sampled) => EncodeMs + PrefillMs + (sampled * StepOfAllMs / Slots);

    /// <summary>Measures; medians. The decoder's cache is empty before and after.</summary>
    /// <param name="decoder">Must not be in use, and needs one sequence more than <paramref name="slots"/>.</param>
    /// <param name="plan">Its prompt precedes the picture.</param>
    /// <param name="image">The picture.</param>
    /// <param name="slots">Sequences at once.</param>
    /// <param name="answer">Tokens of an answer; half of them are in the cache when steps are measured.</param>
    public static BareSpeeds Measure(ISequenceDecoder decoder, DecodingPlan plan, PixelImage image, int slots, int answer)
    {
        var encodes = new List<double>();
        EncodedImage? encoded = null;
        for (var i = 0; i <= Encodes; i++)
        {
            var started = Stopwatch.GetTimestamp();
            encoded = decoder.EncodeImage(image);
            encodes.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var loop = new Loop(decoder, slots);
        loop.Text(slots, plan.PrefixTokens);
        var prefills = new List<double>();
        var one = 0.0;
        for (var sequence = 0; sequence < slots; sequence++)
        {
            loop.Fork(slots, sequence);
            var started = Stopwatch.GetTimestamp();
            loop.Picture(sequence, encoded!);
            loop.Text(sequence, plan.SuffixTokens);
            prefills.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            loop.Text(sequence, [.. Enumerable.Repeat(plan.PrefixTokens[^1], answer / 2)]);
            if (sequence == 0)
            {
                one = loop.Step(1, plan.PrefixTokens[0]);
            }
        }

        var all = loop.Step(slots, plan.PrefixTokens[0]);
        loop.Clear();
        return new(Median(encodes.Skip(1)), Median(prefills), one, all, slots);
    }

    /// <summary>The median.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed class Loop(ISequenceDecoder decoder, int slots)
    {
        private readonly int[] _positions = new int[slots + 1];

        public void Text(int sequence, IReadOnlyList<int> tokens)
        {
            for (var start = 0; start < tokens.Count; start += decoder.Info.BatchTokens)
            {
                var count = Math.Min(decoder.Info.BatchTokens, tokens.Count - start);
                Expect(decoder.Decode([.. Enumerable.Range(start, count).Select(i =>
                    new TokenEntry(tokens[i], _positions[sequence]++, sequence, WantLogits: i == tokens.Count - 1))]));
                if (start + count == tokens.Count)
                {
                    // Reading the logits waits for the step.
                    _ = decoder.GetLogits(count - 1)[0];
                }
            }
        }

        public void Picture(int sequence, EncodedImage image)
        {
            for (var start = 0; start < image.TokenCount; start += decoder.Info.BatchTokens)
            {
                Expect(decoder.DecodeImages([new(sequence, image, start, Math.Min(decoder.Info.BatchTokens, image.TokenCount - start), _positions[sequence])]));
            }

            _positions[sequence] += image.PositionCount;
        }

        public void Fork(int from, int to)
        {
            decoder.Fork(from, to);
            _positions[to] = _positions[from];
        }

        public double Step(int sequences, int token)
        {
            var times = new List<double>();
            for (var step = 0; step < Warm + Steps; step++)
            {
                var entries = Enumerable.Range(0, sequences).Select(s => new TokenEntry(token, _positions[s]++, s, WantLogits: true)).ToArray();
                var started = Stopwatch.GetTimestamp();
                Expect(decoder.Decode(entries));
                _ = decoder.GetLogits(sequences - 1)[0];
                if (step >= Warm)
                {
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }

            return Median(times);
        }

        public void Clear()
        {
            for (var sequence = 0; sequence <= slots; sequence++)
            {
                decoder.Remove(sequence);
            }
        }

        private void Expect(DecodeStatus status)
        {
            if (status != DecodeStatus.Ok)
            {
                throw new InvalidOperationException($"A bare decode ended with {status}: the context is too small for {slots} slots.");
            }
        }
    }
}
