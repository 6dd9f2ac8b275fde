using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>One field of a <see cref="PlanSection"/>, with all that does not depend on the picture.</summary>
internal sealed record PlanField
{
    public required ProfileField Field { get; init; }

    /// <summary>The key as it stands in JSON.</summary>
    public required string EscapedName { get; init; }

    /// <summary>For choices of every kind: what may be chosen, as a reader sees it; <see cref="Unknown"/> last, where that is allowed.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The options as they stand in JSON.</summary>
    public required IReadOnlyList<string> EscapedOptions { get; init; }

    /// <summary>Index of <see cref="Unknown"/> among the options; -1 where it is none.</summary>
    public required int UnknownOption { get; init; }

    /// <summary>The answers to the question for evidence; empty where it is not asked.</summary>
    public required IReadOnlyList<string> EvidenceOptions { get; init; }

    /// <summary>Most tokens that the field takes in the cache: key, punctuation, evidence and value.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Tokens that are reserved for it.</summary>
    public required int ExpectedTokens { get; init; }

    /// <summary>What a model answers where it can't tell.</summary>
    public const string Unknown = "unknown";

    /// <summary>Most tokens of one free text; a model that writes nothing visible or loops ends here.</summary>
    public int MaxTextTokens => Field.MaxCharacters + 16;

    /// <summary>True where the value is chosen from <see cref="Options"/>.</summary>
    public bool IsChosen => Field.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo;

    /// <summary>True where the value is a JSON array.</summary>
    public bool IsList => Field.Kind is FieldKind.Choices or FieldKind.TextList;

    /// <summary>True where a look at the picture can contradict a supplied value.</summary>
    public bool IsVisible => Field.IsAttribute && IsChosen && Field.Evidence.Contains(Evidence.Seen);
}
