using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>A model's answer for one product.</summary>
public sealed record Caption
{
    /// <summary>One value per field of the profile, in its order.</summary>
    public required IReadOnlyList<CaptionField> Fields { get; init; }

    /// <summary>Points that a person should check, as short codes: <c>title-cut</c>.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Tokens and times.</summary>
    public required CaptionUsage Usage { get; init; }
}

/// <summary>The value that a model gave one field.</summary>
/// <param name="Name">The field's name in the profile.</param>
/// <param name="Value">Text, never null; inside the field's limit. Lists are joined with <c>", "</c>; unknown attributes are empty.</param>
/// <param name="Confidence">
/// For an attribute: the probability of this value among the allowed ones, 0 to 1, multiplied along its path in the token trie; for one that is
/// free text the geometric mean of its tokens' probabilities. Null for copy, and for what was supplied.
/// </param>
public sealed record CaptionField(string Name, string Value, double? Confidence)
{
    /// <summary>For <see cref="FieldKind.TextList"/> and <see cref="FieldKind.Choices"/>: the items, in their order; null for other kinds.</summary>
    public IReadOnlyList<string>? Items { get; init; }

    /// <summary>For an attribute: where the value comes from. <see cref="Evidence.Seen"/> for copy.</summary>
    public Evidence Evidence { get; init; } = Evidence.Seen;

    /// <summary>For copy: the language asked for, BCP 47. Null for attributes.</summary>
    public string? Language { get; init; }
}

/// <summary>The cost of one answer.</summary>
public sealed record CaptionUsage
{
    /// <summary>Text tokens read before the answer, shared prefix included.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Image tokens read; 0 where a server counts them among <see cref="PromptTokens"/>.</summary>
    public int ImageTokens { get; init; }

    /// <summary>Tokens of the answer, literal and sampled.</summary>
    public int OutputTokens { get; init; }

    /// <summary>Tokens of the answer that took a decode step of their own.</summary>
    public int SampledTokens { get; init; }

    /// <summary>Time before a slot was free.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Time in the vision tower.</summary>
    public TimeSpan Encode { get; init; }

    /// <summary>True where all embeddings were still there from an earlier request.</summary>
    public bool IsEncodingReused { get; init; }

    /// <summary>Time from the slot's start to its first answer token; other slots' work lies in it.</summary>
    public TimeSpan Prefill { get; init; }

    /// <summary>Time from the first answer token to the last; other slots' work lies in it.</summary>
    public TimeSpan Decode { get; init; }

    /// <summary>Price by the options, in <see cref="Currency"/>; null where no prices are set.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Currency of <see cref="Cost"/>, ISO 4217; null without one.</summary>
    public string? Currency { get; init; }

    /// <summary>Repeated requests after an answer that could not be used, 0 or 1. Their tokens are counted above.</summary>
    public int Repairs { get; init; }

    /// <summary>Model and build that the server reports; null in process, and where it reports none.</summary>
    public string? ServedBy { get; init; }
}
