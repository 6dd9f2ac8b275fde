namespace BlobCaptioner.Captioning;

/// <summary>What one picture cost.</summary>
public sealed record CaptionUsage
{
    /// <summary>Text tokens read before the answer, shared prefix included.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Image tokens read.</summary>
    public int ImageTokens { get; init; }

    /// <summary>Tokens of the answer, literal and sampled.</summary>
    public int OutputTokens { get; init; }

    /// <summary>Tokens of the answer that took a decode step of their own.</summary>
    public int SampledTokens { get; init; }

    /// <summary>Time before a slot was free.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Time in the vision tower.</summary>
    public TimeSpan Encode { get; init; }

    /// <summary>Time from the slot's start to its first answer token; other slots' work lies in it.</summary>
    public TimeSpan Prefill { get; init; }

    /// <summary>Time from the first answer token to the last; other slots' work lies in it.</summary>
    public TimeSpan Decode { get; init; }
}
