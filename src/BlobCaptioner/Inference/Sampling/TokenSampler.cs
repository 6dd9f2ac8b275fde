using System.Numerics;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Sampling;

/// <summary>
/// Chooses a token from logits: temperature, then top-k, then top-p (the order of Transformers and vLLM, for which models publish
/// their settings). Keeps its buffers, so one instance serves one thread.
/// </summary>
internal sealed class TokenSampler
{
    private const int FirstNucleusGuess = 256;

    // Rejected draws before the best allowed token is taken without a draw.
    private const int MostDraws = 16;

    // Lowest logit first, and of equal ones the highest token.
    private readonly PriorityQueue<int, (float Logit, int MinusToken)> _top = new();
    private float[] _logits = [];
    private int[] _tokens = [];
    private double[] _weights = [];
    private float[] _penalised = [];

    /// <summary>The token with the highest logit that is allowed; -1 where none is.</summary>
    public static int Best(ReadOnlySpan<float> logits, Func<int, bool> isAllowed)
    {
        var first = IndexOfMax(logits);
        if (first < 0 || isAllowed(first))
        {
            return first;
        }

        var best = -1;
        var bestLogit = float.NegativeInfinity;
        for (var token = 0; token < logits.Length; token++)
        {
            if ((logits[token] > bestLogit || (best < 0 && !float.IsNaN(logits[token]))) && token != first && isAllowed(token))
            {
                (best, bestLogit) = (token, logits[token]);
            }
        }

        return best;
    }

    /// <summary>Index of the highest number, the first of equals; -1 where all are NaN.</summary>
    public static int IndexOfMax(ReadOnlySpan<float> logits)
    {
        var index = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        if (index < 0 || !float.IsNaN(logits[index]))
        {
            return index;
        }

        index = -1;
        for (var i = 0; i < logits.Length; i++)
        {
            if (!float.IsNaN(logits[i]) && (index < 0 || logits[i] > logits[index]))
            {
                index = i;
            }
        }

        return index;
    }

    /// <summary>Chooses a token among the allowed ones; -1 where none is.</summary>
    /// <param name="logits">One per vocabulary entry.</param>
    /// <param name="options">Temperature, top-k and top-p.</param>
    /// <param name="random">State of the picture's random numbers.</param>
    /// <param name="isAllowed">Asked about a candidate when it has been drawn.</param>
    /// <param name="written">Tokens that <see cref="SamplingOptions.PresencePenalty"/> is taken off; null for none.</param>
    public int Sample(
        ReadOnlySpan<float> logits, SamplingOptions options, ref SplitMix64 random, Func<int, bool> isAllowed, IReadOnlySet<int>? written = null)
    {
        if (options.PresencePenalty > 0 && written is { Count: > 0 })
        {
            logits = Penalise(logits, options.PresencePenalty, written);
        }

        var best = IndexOfMax(logits);
        if (options.Temperature <= 0 || options.TopK == 1 || best < 0 || !float.IsFinite(logits[best]))
        {
            return Best(logits, isAllowed);
        }

        if (options.TopK <= 0 && options.TopP >= 1)
        {
            return SampleAll(logits, logits[best], options.Temperature, ref random, isAllowed);
        }

        var count = SelectCandidates(logits, logits[best], options);
        for (var left = count; left > 0; left--)
        {
            var drawn = Draw(count, ref random);
            if (drawn < 0)
            {
                break;
            }

            if (isAllowed(_tokens[drawn]))
            {
                return _tokens[drawn];
            }

            _weights[drawn] = 0;
        }

        return Best(logits, isAllowed);
    }

    private ReadOnlySpan<float> Penalise(ReadOnlySpan<float> logits, float penalty, IReadOnlySet<int> written)
    {
        if (_penalised.Length < logits.Length)
        {
            _penalised = new float[logits.Length];
        }

        var copy = _penalised.AsSpan(0, logits.Length);
        logits.CopyTo(copy);
        foreach (var token in written)
        {
            copy[token] -= penalty;
        }

        return copy;
    }

    /// <summary>Without top-k and top-p nothing needs to be sorted: two passes, drawn again where the token is not allowed.</summary>
    private static int SampleAll(ReadOnlySpan<float> logits, float max, float temperature, ref SplitMix64 random, Func<int, bool> isAllowed)
    {
        var total = Total(logits, max, temperature);
        for (var draw = 0; draw < MostDraws; draw++)
        {
            var point = random.NextDouble() * total;
            for (var token = 0; token < logits.Length; token++)
            {
                point -= Weight(logits[token], max, temperature);
                if (point < 0)
                {
                    if (isAllowed(token))
                    {
                        return token;
                    }

                    break;
                }
            }
        }

        return Best(logits, isAllowed);
    }

    private static double Total(ReadOnlySpan<float> logits, float max, float temperature)
    {
        double total = 0;
        foreach (var logit in logits)
        {
            total += Weight(logit, max, temperature);
        }

        return total;
    }

    private static double Weight(float logit, float max, float temperature) =>
        float.IsNaN(logit) ? 0 : Math.Exp((logit - max) / temperature);

    /// <summary>Leaves the candidates in the buffers, likeliest first, with their unnormalised probabilities; returns how many.</summary>
    internal int SelectCandidates(ReadOnlySpan<float> logits, float max, SamplingOptions options)
    {
        if (options.TopK > 0)
        {
            var kept = SelectTop(logits, Math.Min(options.TopK, logits.Length));
            return CutNucleus(kept, Weigh(kept, max, options.Temperature), options.TopP, out _);
        }

        // Without top-k the nucleus is nearly always small: guess a size and grow it, instead of sorting the vocabulary.
        var total = Total(logits, max, options.Temperature);
        for (var guess = Math.Min(FirstNucleusGuess, logits.Length); ; guess = (int)Math.Min(guess * 8L, logits.Length))
        {
            var kept = SelectTop(logits, guess);
            Weigh(kept, max, options.Temperature);
            var nucleus = CutNucleus(kept, total, options.TopP, out var reached);
            if (reached || guess == logits.Length)
            {
                return nucleus;
            }
        }
    }

    /// <summary>The candidates of the last selection, likeliest first.</summary>
    internal ReadOnlySpan<int> Candidates(int count) => _tokens.AsSpan(0, count);

    private double Weigh(int count, float max, float temperature)
    {
        double total = 0;
        for (var i = 0; i < count; i++)
        {
            total += _weights[i] = Weight(_logits[i], max, temperature);
        }

        return total;
    }

    private int CutNucleus(int count, double total, float topP, out bool reached)
    {
        double sum = 0;
        for (var i = 0; i < count; i++)
        {
            sum += _weights[i];
            if (sum >= topP * total)
            {
                reached = true;
                return i + 1;
            }
        }

        reached = false;
        return count;
    }

    private int Draw(int count, ref SplitMix64 random)
    {
        double total = 0;
        for (var i = 0; i < count; i++)
        {
            total += _weights[i];
        }

        var point = random.NextDouble() * total;
        var last = -1;
        for (var i = 0; i < count; i++)
        {
            if (_weights[i] <= 0)
            {
                continue;
            }

            last = i;
            point -= _weights[i];
            if (point < 0)
            {
                return i;
            }
        }

        return last;
    }

    /// <summary>The <paramref name="count"/> highest logits, sorted down; equal ones in the order of their tokens.</summary>
    private int SelectTop(ReadOnlySpan<float> logits, int count)
    {
        if (_logits.Length < count)
        {
            (_logits, _tokens, _weights) = (new float[count], new int[count], new double[count]);
        }

        // The worst of the best so far is what a newcomer must beat. Most of a vocabulary doesn't: those are passed over many at a time.
        _top.Clear();
        for (var token = 0; token < logits.Length; token++)
        {
            if (_top.Count < count)
            {
                if (!float.IsNaN(logits[token]))
                {
                    _top.Enqueue(token, (logits[token], -token));
                }

                continue;
            }

            _top.TryPeek(out _, out var worst);
            token = SkipLower(logits, token, worst.Logit);
            if (token < logits.Length && logits[token] > worst.Logit)
            {
                _top.DequeueEnqueue(token, (logits[token], -token));
            }
        }

        var size = _top.Count;
        for (var i = size - 1; _top.TryDequeue(out var token, out var rank); i--)
        {
            (_logits[i], _tokens[i]) = (rank.Logit, token);
        }

        return size;
    }

    /// <summary>The first index from <paramref name="from"/> on, up to a register's width early, whose logit is above a bound; the length where none is.</summary>
    private static int SkipLower(ReadOnlySpan<float> logits, int from, float bound)
    {
        var lowest = new Vector<float>(bound);
        while (from + Vector<float>.Count <= logits.Length && !Vector.GreaterThanAny(new Vector<float>(logits[from..]), lowest))
        {
            from += Vector<float>.Count;
        }

        return from;
    }
}
