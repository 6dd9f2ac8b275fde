using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Sampling;

/// <summary>How one section's free text is sampled, and what it has written so far.</summary>
internal sealed class AnswerSampling(TokenSampler sampler, SamplingOptions options, ulong seed)
{
    // The temperature that a second attempt adds, and its least one, for profiles that take the likeliest token.
    private const float RetryMore = 0.3f;
    private const float RetryLeast = 0.7f;

    private readonly HashSet<int> _written = [];
    private readonly SamplingOptions _retry = options with
    {
        Temperature = RetryTemperature(options),
        TopK = options.TopK == 1 ? 20 : options.TopK,
    };

    private SplitMix64 _random = new(seed);

    /// <summary>The temperature of a second attempt.</summary>
    public static float RetryTemperature(SamplingOptions options) => Math.Min(2, Math.Max(options.Temperature + RetryMore, RetryLeast));

    /// <summary>Chooses a token; -1 where none is allowed.</summary>
    /// <param name="logits">One per vocabulary entry.</param>
    /// <param name="isRetry">True for a field's second attempt, which is hotter.</param>
    /// <param name="isAllowed">Asked about a candidate when it has been drawn.</param>
    public int Sample(ReadOnlySpan<float> logits, bool isRetry, Func<int, bool> isAllowed) =>
        sampler.Sample(logits, isRetry ? _retry : options, ref _random, isAllowed, _written);

    /// <summary>Counts a token as written, for the presence penalty.</summary>
    public void Wrote(int token) => _written.Add(token);
}
