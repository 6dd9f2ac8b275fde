using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;
using Xunit;

namespace BlobCaptioner.Tests.Inference.Sampling;

public sealed class TokenSamplerTests
{
    [Theory]
    [InlineData(0.7f, 20, 0.8f)]
    [InlineData(1.5f, 5, 1f)]
    [InlineData(0.3f, 0, 0.95f)]
    [InlineData(2f, 0, 0.999f)]
    [InlineData(1f, 5000, 0.5f)]
    public void SelectCandidates_RandomLogits_AreThoseOfASort(float temperature, int topK, float topP)
    {
        var random = new Random(3);
        var sampler = new TokenSampler();
        for (var round = 0; round < 20; round++)
        {
            var logits = Enumerable.Range(0, 3000).Select(_ => (float)((random.NextDouble() * 16) - 8)).ToArray();
            logits[round] = float.NaN;
            logits[round + 50] = float.NegativeInfinity;
            var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP };
            var count = sampler.SelectCandidates(logits, logits.Where(l => !float.IsNaN(l)).Max(), options);
            Assert.Equal(Sorted(logits, options), sampler.Candidates(count).ToArray());
        }
    }

    [Fact]
    public void Sample_ManyDraws_FollowTheProbabilities()
    {
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.15f), MathF.Log(0.05f)];
        var random = new SplitMix64(1);
        var sampler = new TokenSampler();
        var counts = new int[4];
        for (var i = 0; i < 20_000; i++)
        {
            counts[sampler.Sample(logits, new() { Temperature = 1, TopK = 3, TopP = 1 }, ref random, _ => true)]++;
        }

        Assert.InRange(counts[0] / 20_000.0, 0.51, 0.542);
        Assert.InRange(counts[1] / 20_000.0, 0.30, 0.332);
        Assert.InRange(counts[2] / 20_000.0, 0.145, 0.171);
        Assert.Equal(0, counts[3]);
    }

    [Fact]
    public void Sample_WithoutTopKAndTopP_FollowsTheProbabilities()
    {
        float[] logits = [float.NaN, MathF.Log(0.6f), MathF.Log(0.4f), float.NegativeInfinity];
        var random = new SplitMix64(1);
        var sampler = new TokenSampler();
        var options = new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1 };
        var draws = Enumerable.Range(0, 20_000).Select(_ => sampler.Sample(logits, options, ref random, _ => true)).CountBy(t => t).ToDictionary();
        Assert.Equal([1, 2], draws.Keys.Order());
        Assert.InRange(draws[1] / 20_000.0, 0.585, 0.615);
        Assert.Equal(0, sampler.Sample([1, 5], options, ref random, t => t == 0));
    }

    [Fact]
    public void Sample_SameSeed_GivesTheSameTokens()
    {
        var logits = Enumerable.Range(0, 500).Select(i => MathF.Sin(i)).ToArray();
        Assert.Equal(Draw(42), Draw(42));
        Assert.NotEqual(Draw(42), Draw(43));

        int[] Draw(ulong seed)
        {
            var random = new SplitMix64(seed);
            var sampler = new TokenSampler();
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Sample(logits, new(), ref random, _ => true))];
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void Sample_LikeliestNotAllowed_TakesTheNextBest(float temperature)
    {
        var random = new SplitMix64(1);
        float[] logits = [1, 9, 8, 7];
        var options = new SamplingOptions { Temperature = temperature, TopK = 2, TopP = 1 };
        Assert.Equal(2, new TokenSampler().Sample(logits, options, ref random, t => t != 1));
        Assert.Equal(3, new TokenSampler().Sample(logits, options, ref random, t => t is 0 or 3));
        Assert.Equal(-1, new TokenSampler().Sample(logits, options, ref random, _ => false));
    }

    [Fact]
    public void Best_NumbersThatAreNone_AreLeftOut()
    {
        Assert.Equal(2, TokenSampler.Best([float.NaN, 1, 3, float.NaN], _ => true));
        Assert.Equal(1, TokenSampler.Best([float.NaN, float.NegativeInfinity], _ => true));
        Assert.Equal(-1, TokenSampler.Best([float.NaN, float.NaN], _ => true));
        Assert.Equal(0, TokenSampler.Best([float.NegativeInfinity, 5], t => t == 0));
    }

    [Fact]
    public void Sample_LargeVocabulary_AllocatesNothingOnceWarm()
    {
        var logits = Enumerable.Range(0, 151_936).Select(i => MathF.Sin(i * 7)).ToArray();
        var sampler = new TokenSampler();
        var random = new SplitMix64(1);
        Func<int, bool> all = _ => true;
        var options = new SamplingOptions();
        sampler.Sample(logits, options, ref random, all);

        // A collection that another test causes gives up this thread's unused allocation buffer, which counts as allocated: one round of five is free of it.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedByTenSamples()).ToArray());

        long AllocatedByTenSamples()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10; i++)
            {
                sampler.Sample(logits, options, ref random, all);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static int[] Sorted(float[] logits, SamplingOptions options)
    {
        var sorted = logits.Index().Where(l => !float.IsNaN(l.Item)).OrderByDescending(l => l.Item).ThenBy(l => l.Index).ToArray();
        var kept = options.TopK > 0 ? sorted.Take(options.TopK).ToArray() : sorted;
        var weights = kept.Select(l => Math.Exp((l.Item - sorted[0].Item) / options.Temperature)).ToArray();
        var sum = 0.0;
        var count = 0;
        while (count < weights.Length && (count == 0 || sum < options.TopP * weights.Sum()))
        {
            sum += weights[count++];
        }

        return [.. kept.Take(count).Select(l => l.Index)];
    }
}
