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
