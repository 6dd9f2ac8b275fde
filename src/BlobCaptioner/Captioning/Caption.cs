using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>What a model wrote about one picture.</summary>
public sealed record Caption
{
    /// <summary>One value per field of the profile, in its order.</summary>
    public required IReadOnlyList<CaptionField> Fields { get; init; }

    /// <summary>What a person should look at, as short codes: <c>title-cut</c>.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Tokens and times.</summary>
    public required CaptionUsage Usage { get; init; }
}

/// <summary>What one picture cost.</summary>
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

    /// <summary>True where the vision tower had seen the pictures shortly before, and was spared.</summary>
    public bool IsEncodingReused { get; init; }

    /// <summary>Time from the slot's start to its first answer token; other slots' work lies in it.</summary>
    public TimeSpan Prefill { get; init; }

    /// <summary>Time from the first answer token to the last; other slots' work lies in it.</summary>
    public TimeSpan Decode { get; init; }

    /// <summary>What it cost by the options' prices, in <see cref="Currency"/>; null where no prices are given.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Currency of <see cref="Cost"/>, ISO 4217; null without one.</summary>
    public string? Currency { get; init; }

    /// <summary>How often the model was asked again because its answer could not be used, 0 or 1; its tokens are counted above.</summary>
    public int Repairs { get; init; }

    /// <summary>What a server says it is, model and build; null in process, and where it says nothing.</summary>
    public string? ServedBy { get; init; }
}
