using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Estimates;

/// <summary>One picture of the sample: what is asked about it, and what came of it.</summary>
internal sealed record SampledPicture
{
    /// <summary>What the model is asked; null where the picture was turned down before.</summary>
    public CaptionRequest? Request { get; init; }

    /// <summary>Time to read and prepare it.</summary>
    public TimeSpan Preparation { get; init; }

    /// <summary>From the model's call to its answer; zero where it was not asked.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Tokens; null where it was not described.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>Why it was not described; null where it was.</summary>
    public RecordError? Error { get; init; }

    /// <summary>True where another try may succeed.</summary>
    public bool IsFailed { get; init; }
}
