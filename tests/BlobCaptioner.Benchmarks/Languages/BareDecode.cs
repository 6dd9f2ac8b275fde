using System.Diagnostics;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Benchmarks.Languages;

/// <summary>What a decode call takes on this machine, by the sequences in it, without a scheduler, a plan or a sampler: the ground that every ratio stands on.</summary>
internal static class BareDecode
{
    private const int Slice = 256;
    private const int Warm = 2;
    private const int Steps = 24;

    /// <summary>Median milliseconds of a call with one token for each of so many sequences.</summary>
    /// <param name="decoder">With an empty cache.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="prompt">Tokens that they share; a multiple of 256.</param>
    public static double Measure(ISequenceDecoder decoder, int sequences, int prompt)
    {
        for (var start = 0; start < prompt; start += Slice)
        {
            Expect(decoder.Decode([.. Enumerable.Range(start, Slice).Select(i => new TokenEntry(100 + (i % 5_000), i, 0, WantLogits: false))]));
        }

        for (var sequence = 1; sequence < sequences; sequence++)
        {
            decoder.Fork(0, sequence);
        }

        var times = new List<double>();
        for (var step = 0; step < Warm + Steps; step++)
        {
            var entries = Enumerable.Range(0, sequences).Select(s => new TokenEntry(1_000 + s + step, prompt + step, s, WantLogits: true)).ToArray();
            var started = Stopwatch.GetTimestamp();
            Expect(decoder.Decode(entries));
            _ = decoder.GetLogits(sequences - 1)[0];
            if (step >= Warm)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        for (var sequence = 0; sequence < sequences; sequence++)
        {
            decoder.Remove(sequence);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static void Expect(DecodeStatus status)
    {
        if (status != DecodeStatus.Ok)
        {
            throw new InvalidOperationException($"A bare decode ended with {status}.");
        }
    }
}
