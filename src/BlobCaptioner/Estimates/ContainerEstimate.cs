using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Estimates;

/// <summary>What a sample says about a container. All intervals are of 95 %.</summary>
/// <remarks>
/// The sample runs as work does: always <see cref="Concurrency"/> pictures at once (sampled ones are given again, uncounted, until the last counted one is done). With
/// so many under way, one is done every (time of a picture / concurrency) by Little's law; the interval is Student's t over those. Pictures that are under way together
/// share steps, so their times are not quite independent, and another machine or a busier one is not covered.
/// </remarks>
public sealed record ContainerEstimate
{
    /// <summary>Which model.</summary>
    public required CaptionModelInfo Model { get; init; }

    /// <summary>Pictures under way at once.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Pictures that were tried.</summary>
    public required int Sampled { get; init; }

    /// <summary>Of these, described.</summary>
    public required int Described { get; init; }

    /// <summary>Of these, turned down: no picture, too large, or the model can't take them.</summary>
    public required int Rejected { get; init; }

    /// <summary>Of these, failed: the model gave no usable answer. A real run tries them again.</summary>
    public required int Failed { get; init; }

    /// <summary>Share of pictures that is turned down, 0 to 1 (Wilson's interval).</summary>
    public required Interval RejectedShare { get; init; }

    /// <summary>Pictures described in a minute by one machine; null where none was.</summary>
    public required Interval? PicturesPerMinute { get; init; }

    /// <summary>Tokens read for a picture that is described, those of the picture included; null where none was.</summary>
    public required Interval? InputTokens { get; init; }

    /// <summary>Tokens written for a picture that is described; null where none was.</summary>
    public required Interval? OutputTokens { get; init; }

    /// <summary>Milliseconds to read and prepare a picture, on the average. Workers do it beside the model's work.</summary>
    public required double PreparationMs { get; init; }

    /// <summary>All pictures of the container, those turned down included.</summary>
    public required WorkEstimate All { get; init; }

    /// <summary>Those without a record, or with one that is out of date.</summary>
    public required WorkEstimate Outstanding { get; init; }

    /// <summary>Currency of all costs, ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>What a reader should know before relying on it; empty for nothing.</summary>
    public required IReadOnlyList<string> Cautions { get; init; }

    /// <summary>The first reason for a picture that was rejected or failed; null without one.</summary>
    public required RecordError? Error { get; init; }
}
