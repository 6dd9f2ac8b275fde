namespace BlobCaptioner.Inference.Plans;

/// <summary>A stretch of an answer that one sequence writes: all of it, the trunk that languages share, or one language's branch.</summary>
internal sealed record PlanSection
{
    /// <summary>The language of its texts, BCP 47; null for a trunk that holds attributes only.</summary>
    public required string? Language { get; init; }

    /// <summary>Its fields, in their order. A trunk may have none.</summary>
    public required IReadOnlyList<PlanField> Fields { get; init; }

    /// <summary>What its free texts must be like.</summary>
    public required TextRules Rules { get; init; }

    /// <summary>Most tokens that it takes in the KV cache.</summary>
    public required int MaxAnswerTokens { get; init; }

    /// <summary>Tokens that are reserved for it: by the advised lengths of its texts, never more than <see cref="MaxAnswerTokens"/>.</summary>
    public required int ExpectedAnswerTokens { get; init; }
}
