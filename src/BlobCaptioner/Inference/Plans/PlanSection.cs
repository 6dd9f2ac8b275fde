using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>A stretch of an answer that one sequence writes: all of it, the trunk that languages share, or one language's branch.</summary>
internal sealed record PlanSection
{
    /// <summary>The language of its texts, BCP 47; null for a trunk that holds attributes only.</summary>
    public required string? Language { get; init; }

    /// <summary>Its fields, in their order. A trunk may have none.</summary>
    public required IReadOnlyList<PlanField> Fields { get; init; }

    /// <summary>Rules for its free texts.</summary>
    public required TextRules Rules { get; init; }

    /// <summary>Most tokens that it takes in the KV cache.</summary>
    public required int MaxAnswerTokens { get; init; }

    /// <summary>Tokens that are reserved for it: by the advised lengths of its texts, never more than <see cref="MaxAnswerTokens"/>.</summary>
    public required int ExpectedAnswerTokens { get; init; }
}

/// <summary>One field of a <see cref="PlanSection"/>, with all that does not depend on the picture.</summary>
internal sealed record PlanField
{
    /// <summary>Tokens that a text may take beside its characters.</summary>
    public const int TextOverhead = 16;

    private const int ExactCharacters = 200;

    public required ProfileField Field { get; init; }

    /// <summary>The key as it stands in JSON.</summary>
    public required string EscapedName { get; init; }

    /// <summary>The values of a choice of any kind; <see cref="ProfileField.Unknown"/> among them where it is allowed. Empty for texts and numbers.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The options as they stand in JSON.</summary>
    public required IReadOnlyList<string> EscapedOptions { get; init; }

    /// <summary>Index of <see cref="ProfileField.Unknown"/> in the options; -1 where it is not allowed.</summary>
    public required int UnknownOption { get; init; }

    /// <summary>The answers to the question for evidence; empty where it is not asked.</summary>
    public required IReadOnlyList<string> EvidenceOptions { get; init; }

    /// <summary>Most tokens that the field takes in the cache: key, punctuation, evidence and value.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Tokens that are reserved for it.</summary>
    public required int ExpectedTokens { get; init; }

    /// <summary>Most tokens of one free text; a model that writes nothing visible or loops ends here.</summary>
    public int MaxTextTokens => Field.MaxCharacters + TextOverhead;

    /// <summary>Tokens that a text is reserved: one for each character of a short one, half as many beyond, where words take a token each.</summary>
    public static int TextTokens(int characters) =>
        TextOverhead + Math.Min(characters, ExactCharacters) + (Math.Max(0, characters - ExactCharacters) / 2);
}
